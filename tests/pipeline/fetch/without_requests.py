"""The same process where the package requests is not installed: yt-dlp then asks by urllib."""

from __future__ import annotations

import sys

from tests.pipeline.fetch.anywhere import allows
from upscaler.pipeline.fetch.child import main

if __name__ == "__main__":
    sys.modules["requests"] = None  # type: ignore[assignment]  # an import of it fails then
    main(allows)
