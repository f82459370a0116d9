"""A real S3 server in this process, on loopback."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pytest

numbers = count(1)

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "cortana", "AWS_SECRET_ACCESS_KEY": "installation-04"}


@contextmanager
def server() -> Iterator[str]:
    """Gives its address. Skips the test where the package is not installed."""
    moto = pytest.importorskip("moto.server", reason="moto is not installed: requirements-dev.txt")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    running = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
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
    import boto3

    name = f"halo-{next(numbers)}"
    boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket=name)
    return name
