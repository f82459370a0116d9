"""The database goes away in the middle of a job, and comes back: nothing is lost, and pages are right again soon."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
import time
from pathlib import Path

import websockets

from tests.driver import Driver
from tests.faults.harness import Installation, measured, result_of, running, wait_for
from tests.faults.postgres import postgres

RIGHT_AGAIN_SECONDS = 5.0
LOCKED_SECONDS, USUAL_SECONDS = 30.0, 8.0
AWAY_SECONDS = 5.0


class Viewer:
    """An open page of a job: connects again by itself, behind the last event that it has, as live.js does."""

    def __init__(self, server: Installation, cookie: str, job: str) -> None:
        self._url = f"ws://127.0.0.1:{server.port}/ws/jobs/{job}/"
        self._headers = {"Cookie": f"sessionid={cookie}", "Origin": f"http://127.0.0.1:{server.port}"}
        self._ended = threading.Event()
        self._last: int | None = None
        self.state = ""
        self._thread = threading.Thread(target=lambda: asyncio.run(self._watch()))
        self._thread.start()

    def close(self) -> None:
        self._ended.set()
        self._thread.join(20)

    async def _watch(self) -> None:
        while not self._ended.is_set():
            after = "" if self._last is None else f"?after={self._last}"
            try:
                async with websockets.connect(self._url + after, additional_headers=self._headers) as socket:
                    await self._hear(socket)
            except (OSError, websockets.WebSocketException, TimeoutError):
                await asyncio.sleep(0.5)

    async def _hear(self, socket: websockets.ClientConnection) -> None:
        while not self._ended.is_set():
            try:
                message = json.loads(await asyncio.wait_for(socket.recv(), 0.5))
            except TimeoutError:
                continue
            self._last, payload = message["seq"], message["payload"]
            self.state = payload.get("state", self.state)


def test_postgresql_restarted_in_the_middle_of_a_job(tmp_path: Path, clip: Path) -> None:
    with (
        postgres() as database,
        running(
            tmp_path / "data", HALOWEB_DATABASE=database.url, HALOWEB_SEGMENT_FRAMES="30", HALOWEB_DISK_FLOOR_GIB="0.1"
        ) as (server, driver),
    ):
        video = measured(driver, clip)
        expected = result_of(driver, driver.ask("start", video=video)["job"])
        job = driver.ask("start", video=video)["job"]
        viewer = Viewer(server, driver.ask("cookie")["cookie"], job)
        try:
            wait_for(lambda: driver.ask("job", id=job)["done"] >= 2, "the job does not begin")
            database.stop()
            time.sleep(AWAY_SECONDS)
            database.start()
            back = time.monotonic()
            assert result_of(driver, job) == expected
            _assert_right_again(viewer, back)
        finally:
            viewer.close()


def test_sqlite_locked_for_half_a_minute(
    server: Installation, driver: Driver, video: str, uninterrupted: str, faults: int
) -> None:
    job = driver.ask("start", video=video)["job"]
    viewer = Viewer(server, driver.ask("cookie")["cookie"], job)
    try:
        wait_for(lambda: driver.ask("job", id=job)["done"] >= 2, "the job does not begin")
        with sqlite3.connect(server.data / "haloweb.sqlite3", isolation_level=None, timeout=20) as lock:
            lock.execute("BEGIN IMMEDIATE")
            time.sleep(LOCKED_SECONDS if faults else USUAL_SECONDS)
            lock.execute("ROLLBACK")
        lock.close()
        back = time.monotonic()
        assert result_of(driver, job) == uninterrupted
        _assert_right_again(viewer, back)
    finally:
        viewer.close()


def _assert_right_again(viewer: Viewer, back: float) -> None:
    """It was told of the end within five seconds."""
    wait_for(lambda: viewer.state == "done", f"the page still says {viewer.state!r}", RIGHT_AGAIN_SECONDS)
    print(f"\nthe page heard of the end {time.monotonic() - back:.1f} s after the database was back")
