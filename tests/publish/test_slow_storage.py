"""Storage that is slow holds up the files that are in it, and nothing else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async

from tests.publish.conftest import Ask
from tests.publish.rendered import render
from upscaler.media.disk import Disk
from upscaler.models import Artifact, Job
from upscaler.publish.downloads import STORAGE_THREADS

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = 10
VIEWERS = 4


class SlowDisk:
    """Nothing is found until ``goes_on`` is set."""

    def __init__(self) -> None:
        self.asked = 0
        self.goes_on = threading.Event()

    async def is_asked(self, times: int) -> None:
        async with asyncio.timeout(SECONDS):
            while self.asked < times:
                await asyncio.sleep(0.01)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowDisk]:
    slow, content = SlowDisk(), Disk.content

    def slowly(self: Disk, key: str) -> Path | None:
        slow.asked += 1
        assert slow.goes_on.wait(3 * SECONDS)
        return content(self, key)

    monkeypatch.setattr(Disk, "content", slowly)
    yield slow
    slow.goes_on.set()


async def test_files_that_are_slow_to_find_wait_beside_each_other_and_the_server_is_well(
    as_person: Ask, as_visitor: Ask, result: Artifact, disk: SlowDisk
) -> None:
    viewers = [asyncio.create_task(as_person(f"/media/{result.pk}")) for _ in range(VIEWERS)]
    try:
        await disk.is_asked(VIEWERS)
        health = await asyncio.wait_for(as_visitor("/healthz"), SECONDS)
    finally:
        disk.goes_on.set()

    assert (health.status_code, health.text) == (200, "ok\n")
    assert [response.content for response in await asyncio.gather(*viewers)] == [b"0123456789"] * VIEWERS


async def test_more_than_there_are_threads_for_wait_for_their_turn(
    as_person: Ask, as_visitor: Ask, result: Artifact, disk: SlowDisk
) -> None:
    viewers = [asyncio.create_task(as_person(f"/media/{result.pk}")) for _ in range(STORAGE_THREADS + VIEWERS)]
    try:
        await disk.is_asked(STORAGE_THREADS)
        health = await asyncio.wait_for(as_visitor("/healthz"), SECONDS)
        assert disk.asked == STORAGE_THREADS
    finally:
        disk.goes_on.set()

    assert health.status_code == 200
    assert {response.status_code for response in await asyncio.gather(*viewers)} == {200}


async def test_so_do_the_pieces_of_a_job_that_renders(
    as_person: Ask, as_visitor: Ask, job: Job, disk: SlowDisk
) -> None:
    await sync_to_async(render)(job, 0)
    viewer = asyncio.create_task(as_person(f"/jobs/{job.pk}/live/0.mp4"))
    try:
        await disk.is_asked(1)
        health = await asyncio.wait_for(as_visitor("/healthz"), SECONDS)
    finally:
        disk.goes_on.set()

    assert (health.status_code, (await viewer).status_code) == (200, 200)
