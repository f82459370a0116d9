"""Many pages, of one job or of a thousand: each is told of its end, and of all before it, in order."""

from __future__ import annotations

import asyncio
import contextlib
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async

from tests.live.conftest import Viewer, Watch, tell
from upscaler.jobs.actions import lifecycle
from upscaler.live import tailer as tailer_module
from upscaler.live.tailer import Message, Tailer
from upscaler.models import Event, Job, JobState, User

pytestmark = pytest.mark.django_db(transaction=True)

VIEWERS = 20
LINES = 40
SUBJECTS = 1100


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


async def test_more_subjects_are_watched_than_one_question_can_hold(transactional_db: None) -> None:
    subjects, tailer = [uuid4() for _ in range(SUBJECTS)], Tailer()
    async with asyncio.timeout(30), contextlib.AsyncExitStack() as pages:
        viewers = [await pages.enter_async_context(tailer.watching(subject, 1)) for subject in subjects]
        for numbers in ((1, 2), (3, 4)):
            events = [Event(subject=one, seq=seq, kind="log", payload={}) for one in subjects for seq in numbers]
            await Event.objects.abulk_create(events)
        for subject, viewer in zip(subjects, viewers, strict=True):
            got = [await viewer.queue.get() for _ in range(3)]
            assert [(message["subject"], message["seq"]) for message in got if message] == [
                (subject, seq) for seq in (2, 3, 4)
            ]


async def test_who_comes_while_events_are_read_for_those_who_left_misses_none(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject, tailer = uuid4(), Tailer()
    asked, answers, read = asyncio.Event(), asyncio.Event(), tailer_module._events

    async def slowly(last: dict[UUID, int]) -> list[Message]:
        messages = await read(last)
        asked.set()
        await answers.wait()
        return messages

    monkeypatch.setattr(tailer_module, "_events", slowly)
    await Event.objects.abulk_create(Event(subject=subject, seq=n, kind="log", payload={}) for n in range(1, 7))
    async with asyncio.timeout(10):
        async with tailer.watching(subject, 4):
            await asked.wait()
        async with tailer.watching(subject, 0) as viewer:
            answers.set()
            got = [await viewer.queue.get() for _ in range(6)]

    assert [message and message["seq"] for message in got] == [1, 2, 3, 4, 5, 6]
