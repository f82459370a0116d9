"""Who asks is who connects, unless a proxy that the settings name says for whom it does."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from haloweb.env import BASE_DIR
from tests.e2e.server import Server, running_server
from tests.page import Page

PROXY, ANYBODY, VISITOR = "127.0.0.2", "127.0.0.3", "192.0.2.7"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """All of its processes, as script/server starts them; with an account."""
    with running_server(HALOWEB_PROXIES=f"192.0.2.200, {PROXY}", HALOWEB_RENDERS="false") as server:
        environment = os.environ | {"HALOWEB_DATA": str(server.data), "DJANGO_SUPERUSER_PASSWORD": "warthog-run-2004"}
        create = ["manage.py", "createsuperuser", "--no-input", "--username", "avery", "--email", ""]
        subprocess.run([sys.executable, *create], cwd=BASE_DIR, env=environment, check=True, capture_output=True)
        yield server


def wrong_password(server: Server, name: str, *, comes_from: str, says: str) -> None:
    transport = httpx.HTTPTransport(local_address=comes_from)
    headers = {"x-forwarded-for": says}
    with httpx.Client(base_url=server.url, headers=headers, transport=transport, timeout=30) as browser:
        browser.get("/log-in/").raise_for_status()
        said = {"username": name, "password": "x", "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        answer = Page(browser.post("/log-in/", data=said))
        assert "enter a correct username" in answer.text('form [role="alert"]')


def counted(server: Server) -> set[str]:
    """The addresses of whoever tried a password, which are then forgotten."""
    with sqlite3.connect(server.data / "haloweb.sqlite3") as database:
        return {address for (address,) in database.execute("DELETE FROM upscaler_loginattempt RETURNING address")}


@pytest.mark.parametrize(
    ("comes_from", "says", "counts"),
    [
        (PROXY, VISITOR, VISITOR),
        (PROXY, f"198.51.100.1, {VISITOR}", VISITOR),  # what the visitor said is in front of what the proxy says
        (ANYBODY, VISITOR, ANYBODY),
        ("127.0.0.1", VISITOR, "127.0.0.1"),  # not named here, where it is by default
    ],
)
def test_a_try_is_counted_by_the_address_of_whoever_made_it(
    server: Server, comes_from: str, says: str, counts: str
) -> None:
    wrong_password(server, "avery", comes_from=comes_from, says=says)

    assert counted(server) == {counts}
