"""What strangers send at a whole server keeps nobody else out."""

from __future__ import annotations

import contextlib
import resource
import socket
import time
from collections.abc import Iterator

import httpx
import psutil
import pytest

from haloweb.descriptors import raise_descriptor_limit
from tests.e2e.server import Server, running_server

DESCRIPTORS = 1024
"""As few as a system gives by itself."""
CONNECTIONS = 1100
MAX_SECONDS = 5.0
"""For a page, on a machine that does other work; benchmarks/strangers.py measures it."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server(HALOWEB_RENDERS="false") as server:
        yield server


@pytest.fixture(scope="module")
def web(server: Server) -> psutil.Process:
    """The web process."""
    for one in psutil.Process(server.process.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if "uvicorn" in one.cmdline():
                return one
    raise AssertionError


def test_the_web_process_may_open_as_many_files_as_the_system_allows(web: psutil.Process) -> None:
    soft, hard = web.rlimit(psutil.RLIMIT_NOFILE)

    assert soft == min(hard, 65_536)


def test_half_requests_keep_nobody_out(server: Server, web: psutil.Process) -> None:
    raise_descriptor_limit()  # of the tests, for their side of the connections
    resource.prlimit(web.pid, resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
    port = int(server.url.rpartition(":")[2])
    with contextlib.ExitStack() as opened:
        for _ in range(CONNECTIONS):
            one = opened.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            with contextlib.suppress(ConnectionError):
                one.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\nx-slow: ")
        for path in ("/healthz", "/setup/"):
            began = time.monotonic()
            assert httpx.get(server.url + path, timeout=MAX_SECONDS).status_code == 200
            assert time.monotonic() - began < MAX_SECONDS
        assert web.num_fds() < DESCRIPTORS


def test_headers_without_end_take_no_memory(server: Server, web: psutil.Process) -> None:
    port = int(server.url.rpartition(":")[2])
    before = web.memory_info().rss
    with socket.create_connection(("127.0.0.1", port), timeout=10) as one, pytest.raises(ConnectionError):
        one.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\n")
        for number in range(2000):
            one.sendall(b"x-%d: %b\r\n" % (number, b"x" * 30_000))

    assert web.memory_info().rss - before < 20 * 1024**2
