"""Pause, resume, priority: what people do with a job that is under way."""

from __future__ import annotations

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from tests import factories
from tests.fakes import EnqueuedTasks
from tests.jobs.helpers import make_worker
from upscaler.jobs.actions import lifecycle, removal
from upscaler.jobs.rendering import claims, runner
from upscaler.models import Job, JobState, SegmentState, Video
from upscaler.models.job import RENDERABLE_STATES
from upscaler.pipeline.networks.backend import Engine

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", RENDERABLE_STATES)
def test_a_paused_job_is_left_alone_until_it_is_resumed(
    job: Job,
    state: JobState,
    enqueued: EnqueuedTasks,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    Job.objects.filter(pk=job.pk).update(state=state)
    claim = claims.claim_next("a worker")
    assert claim is not None

    assert lifecycle.job_pause(job=job)

    assert not claims.is_valid(claim)
    claims.release(claim)
    assert claims.claim_next("a worker") is None
    with django_capture_on_commit_callbacks(execute=True):
        assert lifecycle.job_resume(job=job)
    assert enqueued.names == ["render"]
    again = claims.claim_next("a worker")
    assert again is not None
    assert (again.segment.index, again.segment.attempt) == (0, 1), "the attempt that was broken off does not count"


@pytest.mark.parametrize("state", sorted(set(JobState) - set(RENDERABLE_STATES)))
def test_what_is_not_rendered_can_not_be_paused(job: Job, state: JobState) -> None:
    Job.objects.filter(pk=job.pk).update(state=state)
    assert not lifecycle.job_pause(job=job)


@pytest.mark.parametrize("state", sorted(set(JobState) - {JobState.PAUSED}))
def test_what_is_not_paused_can_not_be_resumed(job: Job, state: JobState) -> None:
    Job.objects.filter(pk=job.pk).update(state=state)
    assert not lifecycle.job_resume(job=job)


def test_a_paused_job_can_be_cancelled(job: Job) -> None:
    lifecycle.job_pause(job=job)
    assert removal.job_cancel(job=job)
    assert set(job.segments.values_list("state", flat=True)) == {SegmentState.WAITING}


def test_a_more_urgent_job_begins_at_the_next_segment(job: Job, video: Video) -> None:
    claim = claims.claim_next("a worker")
    assert claim is not None
    urgent = factories.make_job(video, priority=1)

    following = claims.claim_next("a worker", after=claim)

    assert following is not None
    assert following.job == urgent


def test_what_a_job_was_begun_with_stays_and_the_second_worker_learns_it(job: Job) -> None:
    first, second = Engine("winograd", "cpu", "fp32", "ffmpeg 5"), Engine("torch", "cpu", "fp32", "ffmpeg 5; torch 2")

    assert lifecycle.freeze_engine(job, first) == first
    assert lifecycle.freeze_engine(Job.objects.get(pk=job.pk), second) == first


def test_others_that_have_nothing_in_hand_are_rung_for(
    job: Job, enqueued: EnqueuedTasks, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    make_worker("here:1:1")
    claims.claim_next("here:1:1")
    with django_capture_on_commit_callbacks(execute=True):
        runner._enqueue_for_idle_workers()
    assert enqueued == [], "nobody else is there"

    make_worker("there:1:1", machine="another")
    with django_capture_on_commit_callbacks(execute=True):
        runner._enqueue_for_idle_workers()
    assert enqueued.names == ["render"] * (1 + runner.PREFETCHED_TASKS)

    enqueued.clear()
    claims.claim_next("there:1:1")
    make_worker("there:2:1", machine="another")
    with django_capture_on_commit_callbacks(execute=True):
        runner._enqueue_for_idle_workers()
    assert enqueued == [], "nothing is left"
