"""Twenty pages of one job: each is told of its end, and of all before it, in order."""

from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import sync_to_async

from tests.live.conftest import Viewer, Watch, tell
from upscaler.jobs import lifecycle
from upscaler.models import Job, JobState, User

pytestmark = pytest.mark.django_db(transaction=True)

VIEWERS = 20
LINES = 40


async def test_every_one_of_many_viewers_is_told_of_the_end(watch: Watch, job: Job, person: User) -> None:
    viewers = [await watch(job, person) for _ in range(VIEWERS)]
    for viewer in viewers:
        assert (await viewer.message())["payload"]["kind"] == "snapshot"

    def end() -> None:
        Job.objects.filter(pk=job.pk).update(state=JobState.VERIFYING)
        lifecycle.job_finish(job)

    async def until_the_end(viewer: Viewer) -> list[int]:
        numbers = []
        while True:
            message = await viewer.message()
            numbers.append(message["seq"])
            if message["payload"]["kind"] == "finished":
                return numbers

    listening = [asyncio.create_task(until_the_end(viewer)) for viewer in viewers]
    await tell(job, *map(str, range(LINES)))
    await sync_to_async(end)()

    assert await asyncio.gather(*listening) == [list(range(1, LINES + 3))] * VIEWERS
