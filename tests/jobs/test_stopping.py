"""Cancel, a dying child, a stopping server: nothing stays behind, and nothing is lost."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from django.db import connection
from pytest_django import Settings

from tests import factories
from tests.clips import make_clip
from tests.fakes import EnqueuedTasks
from tests.jobs.conftest import children, wait_until
from upscaler.jobs.actions import lifecycle, removal
from upscaler.jobs.base import stopping
from upscaler.jobs.rendering import runner
from upscaler.models import Event, Job, JobState, SegmentState, Video
from upscaler.pipeline.core.recipe import Recipe

pytestmark = pytest.mark.django_db(transaction=True)

Measured = Callable[[Path], Video]


@pytest.fixture(autouse=True)
def short_segments(settings: Settings) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, segment_frames=1500)


@pytest.fixture(autouse=True)
def go_on() -> Iterator[None]:
    yield
    stopping.requested.clear()


@contextmanager
def working() -> Iterator[threading.Thread]:
    """A worker that runs a render task, in a thread of its own."""
    errors: list[BaseException] = []

    def work() -> None:
        try:
            runner.work()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield thread
    finally:
        stopping.requested.set()
        thread.join(20)
        assert not thread.is_alive()
        assert not errors


def render_child() -> psutil.Process | None:
    for process in children():
        try:
            if "upscaler.pipeline.render.render_child" in process.cmdline():
                return process
        except psutil.Error:
            continue
    return None


def queue(video: Video) -> Job:
    return lifecycle.job_create(video=video, model=factories.nearest_model(), recipe=Recipe())


def frames_done(job: Job) -> int:
    return Job.objects.values_list("frames_done", flat=True).get(pk=job.pk)


def test_cancelling_ends_the_child_within_three_seconds_and_leaves_no_file(
    measured: Measured, long_clip: Path, enqueued: EnqueuedTasks
) -> None:
    job = queue(measured(long_clip))
    with working() as worker:
        wait_until(lambda: frames_done(job) > 0, "no frame came", 30)
        began = time.monotonic()
        assert removal.job_cancel(job=job)
        worker.join(3)
        assert not worker.is_alive()
        wait_until(lambda: not children(), "the child is still there", 3 - (time.monotonic() - began))
    enqueued.run("remove_folder")

    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert job.finished_at is not None
    assert set(job.segments.values_list("state", flat=True)) == {SegmentState.WAITING}
    assert factories.files_under(f"{job.folder}/segments") == []
    kinds = list(Event.objects.filter(subject=job.pk).values_list("kind", flat=True))
    assert "failed" not in kinds and "finished" not in kinds


def test_a_child_that_is_killed_costs_one_attempt_and_the_job_still_finishes(
    measured: Measured, enqueued: EnqueuedTasks, settings: Settings, tmp_path: Path
) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, segment_frames=300)
    job = queue(measured(make_clip(tmp_path / "clip.avi", frames=600)))
    enqueued.clear()
    with working() as worker:
        wait_until(lambda: factories.files_under(f"{job.folder}/segments"), "no segment was begun", 30)
        victim = render_child()
        assert victim is not None
        os.kill(victim.pid, signal.SIGKILL)
        worker.join(60)
    job.refresh_from_db()
    assert job.state == JobState.ASSEMBLING
    assert enqueued.names == ["assemble"]
    assert list(job.segments.values_list("attempt", flat=True)) == [2, 1]
    assert len(factories.files_under(f"{job.folder}/segments")) == 2
    lines = [event.payload["text"] for event in Event.objects.filter(subject=job.pk, kind="log")]
    assert any("The render process died" in line for line in lines)

    enqueued.run("assemble")

    job.refresh_from_db()
    assert job.state == JobState.DONE
    assert job.receipt_json and job.receipt_json["result"]["frames_out"] == 600


def test_a_server_that_stops_hands_its_segment_back_uncounted(
    measured: Measured, long_clip: Path, enqueued: EnqueuedTasks
) -> None:
    job = queue(measured(long_clip))
    with working() as worker:
        wait_until(lambda: frames_done(job) > 0, "no frame came", 30)
        stopping.requested.set()
        worker.join(3)
        assert not worker.is_alive()

    wait_until(lambda: not children(), "the child is still there", 1)
    job.refresh_from_db()
    assert job.state == JobState.RENDERING
    assert set(job.segments.values_list("state", "attempt")) == {(SegmentState.WAITING, 0)}
    assert factories.files_under(f"{job.folder}/segments") == []


def test_deleting_a_job_under_work_leaves_nothing(measured: Measured, long_clip: Path, enqueued: EnqueuedTasks) -> None:
    job = queue(measured(long_clip))
    folder = job.folder
    with working() as worker:
        wait_until(lambda: frames_done(job) > 0, "no frame came", 30)
        removal.job_delete(job=job)
        worker.join(3)
        assert not worker.is_alive()
    enqueued.run("remove_folder")

    assert not Job.objects.exists()
    assert not Event.objects.filter(subject=job.pk).exists()
    assert factories.files_under(folder) == []


@pytest.mark.parametrize("state", [JobState.DONE, JobState.FAILED, JobState.CANCELLED])
def test_a_job_that_has_ended_can_not_be_cancelled(job: Job, enqueued: EnqueuedTasks, state: JobState) -> None:
    Job.objects.filter(pk=job.pk).update(state=state)

    assert not removal.job_cancel(job=job)

    job.refresh_from_db()
    assert (job.state, job.event_seq, enqueued) == (state, 0, [])
