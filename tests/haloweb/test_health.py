"""Whoever watches over the server is told whether it, and its database, answer."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.db import DatabaseError
from django.utils import timezone

from haloweb.asgi import application
from haloweb.env import BASE_DIR
from tests.jobs.helpers import make_worker
from upscaler.jobs.recovery.liveness import NO_WORKER
from upscaler.models import Installation, Worker


async def ask() -> httpx.Response:
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="http://a-name-that-nobody-allowed") as client:
        return await client.get("/healthz")


@pytest.mark.django_db(transaction=True)
async def test_a_server_that_is_well_says_so_to_anybody() -> None:
    response = await ask()

    assert (response.status_code, response.text) == (200, "ok\n")
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("lost", [["gpu"], ["cpu"], ["gpu", "cpu"]])
async def test_workers_that_nobody_hears_from_are_said_and_the_pages_stay_in_service(lost: list[str]) -> None:
    now = timezone.now()
    await Installation.objects.acreate(pk=1, version="0.2.0", key_check="")
    assert (await ask()).text == "ok\n", "the server has just started"
    await Installation.objects.aupdate(updated_at=now - timedelta(hours=1))
    for queue in ("gpu", "cpu"):
        heard = now - (timedelta(seconds=70) if queue in lost else timedelta(seconds=50))
        await sync_to_async(make_worker)(f"here:{queue}:1", queue=queue, heartbeat_at=heard)

    response = await ask()

    assert (response.status_code, response.text.splitlines()) == (200, [NO_WORKER[queue] for queue in lost])


@pytest.mark.django_db(transaction=True)
async def test_a_database_that_is_away_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> bool:
        raise DatabaseError("no route")

    monkeypatch.setattr(type(Worker.objects.all()), "exists", away)

    response = await ask()

    assert (response.status_code, response.text) == (503, "The database doesn't respond.\n")


def test_the_check_of_a_container_fails_where_nothing_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HALOWEB_PORT", "1")
    check = [sys.executable, "-m", "haloweb.health"]

    done = subprocess.run(check, cwd=BASE_DIR, capture_output=True, text=True, timeout=30, check=False)

    assert done.returncode == 1
    assert done.stderr.startswith("health: the server doesn't respond on port 1")


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
