"""Whoever watches over the server is told whether it, and its database, answer."""

from __future__ import annotations

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from django.db import DatabaseError

from haloweb.asgi import application
from haloweb.env import BASE_DIR
from upscaler.models import User


async def ask() -> httpx.Response:
    transport = httpx.ASGITransport(application)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://a-name-that-nobody-allowed") as client:
        return await client.get("/healthz")


@pytest.mark.django_db(transaction=True)
async def test_a_server_that_is_well_says_so_to_anybody() -> None:
    response = await ask()

    assert (response.status_code, response.text) == (200, "ok\n")
    assert response.headers["cache-control"] == "no-store"


async def test_a_database_that_is_away_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> bool:
        raise DatabaseError("no route")

    monkeypatch.setattr(type(User.objects.all()), "exists", away)

    response = await ask()

    assert (response.status_code, response.text) == (503, "The database does not answer.\n")


def test_the_check_of_a_container_fails_where_nothing_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HALOWEB_PORT", "1")
    check = [sys.executable, "-m", "haloweb.health"]

    done = subprocess.run(check, cwd=BASE_DIR, capture_output=True, text=True, timeout=30, check=False)

    assert done.returncode == 1
    assert done.stderr.startswith("health: nothing answers on port 1")


class Well(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()


def test_the_check_asks_where_the_server_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    with HTTPServer(("127.0.0.5", 0), Well) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            monkeypatch.setenv("HALOWEB_HOST", "127.0.0.5")
            monkeypatch.setenv("HALOWEB_PORT", str(server.server_port))
            check = [sys.executable, "-m", "haloweb.health"]
            done = subprocess.run(check, cwd=BASE_DIR, capture_output=True, text=True, timeout=30, check=False)
        finally:
            server.shutdown()
            thread.join()
    assert (done.returncode, done.stderr) == (0, "")
