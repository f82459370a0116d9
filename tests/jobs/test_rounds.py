"""The reaper's rounds: whatever fails in one part, the others are done, and the next round comes."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from tests import factories
from tests.fakes import EnqueuedTasks
from tests.jobs.helpers import make_worker
from upscaler.jobs.actions import lifecycle
from upscaler.jobs.recovery import reaper, tidy
from upscaler.jobs.rendering import claims
from upscaler.management.commands.reaper import Rounds
from upscaler.models import Installation, Job, User, VideoState, Worker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def forgotten() -> None:
    """A worker of another machine that nobody has heard of for two days."""
    make_worker("there:1:1", machine="another", heartbeat_at=timezone.now() - timedelta(days=2))


@pytest.fixture(params=["machine", "_enqueue_gpu_tasks", "jobs_rendered", "free_expired"])
def broken(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A part of the reaping that always fails."""

    def fail() -> None:
        raise ValueError("badly formed hexadecimal UUID string")

    fail.__name__ = request.param
    monkeypatch.setattr(reaper if hasattr(reaper, request.param) else claims, request.param, fail)
    return str(request.param)


@pytest.mark.expects_errors
@pytest.mark.usefixtures("forgotten")
def test_a_part_of_the_reaping_that_fails_stops_neither_the_bells_nor_the_tidying(
    broken: str, person: User, enqueued: EnqueuedTasks, caplog: pytest.LogCaptureFixture
) -> None:
    factories.make_video(person, state=VideoState.PROBING)
    rounds = Rounds(is_helper=False)

    rounds.go()
    rounds.go()

    assert enqueued.names == ["take_in_video", "take_in_video"]
    assert not Worker.objects.exists()
    assert Installation.objects.exists()
    assert [record.levelname for record in caplog.records if record.exc_info] == ["ERROR", "ERROR"]


@pytest.mark.expects_errors
def test_a_tidying_that_fails_does_not_stop_the_reaping(
    person: User, enqueued: EnqueuedTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise RuntimeError("what nobody foresaw")

    factories.make_video(person, state=VideoState.PROBING)
    monkeypatch.setattr(tidy, "tidy", fail)
    rounds = Rounds(is_helper=True)

    rounds.go()
    rounds.go()

    assert enqueued.names == ["take_in_video", "take_in_video"]


@pytest.mark.expects_errors
def test_a_job_that_can_not_be_moved_on_keeps_no_other_from_it(
    person: User, enqueued: EnqueuedTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [factories.make_job(factories.make_copies(factories.make_video(person))) for _ in range(3)]
    for job in jobs:
        job.segments.all().delete()  # all are rendered
    real = lifecycle.advance

    def advance(job: Job, *arguments: Any, **values: Any) -> bool:
        if job.pk == jobs[0].pk:
            raise TypeError("a row that can't be read")
        return real(job, *arguments, **values)

    monkeypatch.setattr(lifecycle, "advance", advance)

    reaper.reap()

    assert [Job.objects.get(pk=job.pk).state for job in jobs] == ["queued", "assembling", "assembling"]


@pytest.mark.usefixtures("forgotten")
def test_while_the_database_is_away_a_round_is_left_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, enqueued: EnqueuedTasks
) -> None:
    from django.db import OperationalError

    def refuse() -> None:
        raise OperationalError("no route to host")

    rounds = Rounds(is_helper=True)
    with monkeypatch.context() as patched:
        patched.setattr(connection, "ensure_connection", refuse)
        rounds.go()
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
        "The database doesn't respond (no route to host); trying again"
    ]

    rounds.go()
    assert not Worker.objects.exists()
