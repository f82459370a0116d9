"""The server listens where it is told to, and says where that is."""

from __future__ import annotations

import socket

import httpx
import pytest

from tests.e2e.server import running_server


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_on_all_addresses_of_both_kinds() -> None:
    with running_server(HALOWEB_HOST="::", HALOWEB_RENDERS="false") as server:
        port = server.url.rpartition(":")[2]
        for host in ("127.0.0.1", "[::1]", "localhost"):
            assert httpx.get(f"http://{host}:{port}/setup/", timeout=30).status_code == 200
        said = (server.data / "output").read_text()
    assert f"HaloWeb is ready:  http://127.0.0.1:{port}/" in said
    assert "Set-up token:" in said
