"""The download process, allowed to connect to loopback too, for the site of these tests. The app has no such option."""

from __future__ import annotations

from upscaler.pipeline.fetch.addresses import is_public
from upscaler.pipeline.fetch.child import main


def allows(address: str) -> bool:
    """127.0.0.1, but none of its neighbours."""
    return address == "127.0.0.1" or is_public(address)


if __name__ == "__main__":
    main(allows)
