"""A real S3 server in this process, on loopback."""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest

numbers = count(1)

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "cortana", "AWS_SECRET_ACCESS_KEY": "installation-04"}


@contextmanager
def server() -> Iterator[str]:
    """Gives its address. Skips the test where the package is not installed.

    All clients share what botocore reads of its files: each session would read and parse megabytes of JSON again.
    """
    moto = pytest.importorskip("moto.server", reason="moto is not installed: requirements-dev.txt")
    import botocore.session

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    running = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(botocore.session, "create_loader", functools.cache(botocore.session.create_loader))
        try:
            host, port = running.get_host_and_port()
            yield f"http://{host}:{port}"
        finally:
            running.stop()


def unreachable(_: object) -> None:
    """Stands where the storage's connection is."""
    from botocore.exceptions import EndpointConnectionError

    raise EndpointConnectionError(endpoint_url="nowhere")


def make_bucket(endpoint: str) -> str:
    """A new one, empty."""
    name = f"halo-{next(numbers)}"
    _client(endpoint).create_bucket(Bucket=name)
    return name


@functools.cache
def _client(endpoint: str) -> Any:
    """A client of the tests' own. Credentials, which a later test may not have, are read as it is made."""
    import boto3

    return boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
