"""A job that has no room waits and says so; one that has goes on by itself."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_django import Settings

from tests import factories
from tests.read_only import read_only
from upscaler.jobs.base import disk_space
from upscaler.jobs.rendering import claims, runner
from upscaler.jobs.worker.render_process import child
from upscaler.models import Job, JobState, Segment, SegmentState, Video
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.tracks import track_plan

pytestmark = pytest.mark.django_db

MIB = 1024**2


@pytest.fixture(autouse=True)
def floor(settings: Settings) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, disk_floor_bytes=100 * MIB)


@pytest.fixture
def nobody_renders(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    asked: list[object] = []

    def render(self: object, request: object) -> Iterator[object]:
        asked.append(request)
        return iter(())

    monkeypatch.setattr(type(child), "render", render)
    return asked


def have(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    monkeypatch.setattr(disk_space, "free_bytes", lambda: free)


def test_a_job_that_needs_more_than_there_is_waits_and_says_how_much(
    job: Job, monkeypatch: pytest.MonkeyPatch, nobody_renders: list[object]
) -> None:
    have(monkeypatch, 100 * MIB + 1000)

    runner.work()

    job.refresh_from_db()
    assert (job.state, nobody_renders) == (JobState.QUEUED, [])
    assert job.waits_for.startswith("Needs about 1 MiB of disk space; 1 MiB available.")
    assert set(job.segments.values_list("state", "attempt")) == {(SegmentState.WAITING, 0)}


def test_below_the_floor_nothing_is_claimed(
    job: Job, monkeypatch: pytest.MonkeyPatch, nobody_renders: list[object]
) -> None:
    have(monkeypatch, 99 * MIB)

    runner.work()

    job.refresh_from_db()
    assert job.waits_for == (
        "Only 99 MiB free; HaloWeb keeps 100 MiB free. It continues automatically when there is space."
    )


def test_a_claim_takes_the_reason_away(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(waits_for="It needs room.")

    assert claims.claim_next("a worker", incompatibility=lambda job: "")

    job.refresh_from_db()
    assert job.waits_for == ""


def test_a_job_that_does_not_fit_lets_a_smaller_one_pass(job: Job, video: Video) -> None:
    small = factories.make_job(video)

    claim = claims.claim_next("a worker", incompatibility=lambda one: "too large" if one.pk == job.pk else "")

    assert claim is not None
    assert claim.job == small
    job.refresh_from_db()
    assert job.waits_for == "too large"


def test_the_room_of_jobs_that_have_begun_is_promised_to_them(
    job: Job, video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    have(monkeypatch, 100 * MIB + int(1.5 * disk_space.bytes_needed(job)))
    assert disk_space.job_shortage(job) == ""
    begun = factories.make_job(video)
    Job.objects.filter(pk=begun.pk).update(state=JobState.RENDERING, started_at=begun.created_at)
    begun.refresh_from_db()

    assert disk_space.job_shortage(job) != ""
    assert disk_space.job_shortage(begun) == ""


def test_what_was_rendered_says_how_much_the_rest_will_take(job: Job) -> None:
    guessed = disk_space.bytes_needed(job)
    first = job.segments.all()[0]
    Segment.objects.filter(pk=first.pk).update(state=SegmentState.DONE, frames=15, size=1500)

    assert job.video.facts is not None
    sound = track_plan.pcm_bytes(job.video.facts, job.plan)
    assert disk_space.bytes_needed(job) == 100 * (2 * 30 - 15) + sound
    assert guessed > 100 * 60


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(28, "No space left on device"), True),
        (OSError(5, "Input/output error"), False),
        (
            PipelineError(
                "The encoder failed (exit code 1).",
                permanent=True,
                detail="av_interleaved_write: No space left on device",
            ),
            True,
        ),
        (PipelineError("The encoder failed (exit code 1).", permanent=True), False),
        (ValueError("full"), False),
    ],
)
def test_a_full_disk_is_told_from_other_failures(error: BaseException, expected: bool) -> None:
    assert disk_space.is_full(error) is expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.EROFS, "Read-only file system"), True),
        (PipelineError("The encoder failed.", permanent=False, detail="out.mkv: Read-only file system"), True),
        (PipelineError("It could not be written: Read-only file system.", permanent=False), True),
        (OSError(errno.EIO, "Input/output error"), False),
        (PipelineError("The decoder failed.", permanent=False, detail="in.avi: Input/output error"), False),
        (ValueError("Read-only file system"), False),
    ],
)
def test_a_disk_that_can_only_be_read_is_waited_for(error: BaseException, expected: bool) -> None:
    reason = "The disk is read-only. This continues automatically when it is writable."

    assert disk_space.temporary_reason(error) == (reason if expected else "")


def test_a_job_says_that_the_disk_can_only_be_read_and_goes_on_by_itself(
    job: Job, settings: Settings, nobody_renders: list[object]
) -> None:
    with read_only(Path(settings.MEDIA_ROOT)):
        runner.work()
        job.refresh_from_db()
        assert (job.state, nobody_renders) == (JobState.RENDERING, [])
        assert job.waits_for == "The disk is read-only. This continues automatically when it is writable."
        assert set(job.segments.values_list("state", "attempt")) == {(SegmentState.WAITING, 0)}

    runner.work()

    assert nobody_renders, "it goes on"


def test_a_full_disk_is_no_attempt(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = claims.claim_next("a worker")
    assert claim is not None

    with pytest.raises(runner._LaterError):
        runner._handle_failure(claim, PipelineError("It failed.", permanent=False, detail="No space left on device"))

    assert set(job.segments.values_list("state", "attempt")) == {(SegmentState.WAITING, 0)}
    job.refresh_from_db()
    assert (job.state, job.waits_for) == (
        JobState.QUEUED,
        "The disk is full. This continues automatically when there is space.",
    )
