"""Tasks are enqueued again for work that nobody does, and only where none waits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from tests import factories
from tests.fakes import EnqueuedTasks
from upscaler.jobs.recovery import reaper
from upscaler.models import Job, JobState, ModelState, SegmentState, User, VideoState
from upscaler.models.artifact import ArtifactKind

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def job(job: Job) -> Job:
    """Of a video that wants nothing more."""
    factories.make_copies(job.video)
    return job


def waiting_task(queue: str) -> None:
    OrmQ.objects.create(key=queue, payload="", lock=timezone.now() - timedelta(seconds=1))


def test_each_kind_of_work_is_rung_for(job: Job, person: User, enqueued: EnqueuedTasks) -> None:
    arrived = factories.make_video(person, state=VideoState.PROBING)
    rendered = factories.make_job(job.video, state=JobState.ASSEMBLING)
    bare = factories.make_video(person)
    done = factories.make_job(job.video, state=JobState.DONE)
    weights = factories.make_model(state=ModelState.CHECKING)

    reaper.reap()

    assert [(task.queue, task.name, task.arguments) for task in enqueued] == [
        ("gpu", "render", ()),
        ("cpu", "take_in_video", (str(arrived.pk),)),
        ("cpu", "assemble", (str(rendered.pk),)),
        ("cpu", "make_proxy", (str(bare.pk),)),
        ("cpu", "make_comparison", (str(done.pk),)),
        ("cpu", "check_weights", (str(weights.pk),)),
    ]


def test_a_queue_with_a_bell_waiting_is_left_alone(job: Job, person: User, enqueued: EnqueuedTasks) -> None:
    factories.make_video(person, state=VideoState.PROBING)
    waiting_task("gpu")

    reaper.reap()
    assert enqueued.names == ["take_in_video"]

    enqueued.clear()
    waiting_task("cpu")
    reaper.reap()
    assert enqueued == []


def test_work_that_somebody_is_at_is_not_rung_for(person: User, enqueued: EnqueuedTasks) -> None:
    soon = timezone.now() + timedelta(seconds=20)
    video = factories.make_video(person, state=VideoState.ANALYSING, lease_until=soon)
    factories.make_job(factories.make_copies(factories.make_video(person)), state=JobState.VERIFYING, lease_until=soon)
    factories.make_video(person, lease_until=soon)

    reaper.reap()
    assert enqueued == []

    type(video).objects.filter(pk=video.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    reaper.reap()
    assert enqueued.names == ["take_in_video"]


def test_nothing_to_do_is_silence(person: User, enqueued: EnqueuedTasks) -> None:
    done = factories.make_finished_job(factories.make_copies(factories.make_video(person)))
    factories.make_artifact(done, ArtifactKind.LINK_PREVIEW)
    factories.make_video(person, derived_files_error="It has no pictures.")

    assert reaper.reap() == 0
    assert enqueued == []


def test_a_job_whose_worker_died_after_its_last_segment_goes_on(job: Job, enqueued: EnqueuedTasks) -> None:
    Job.objects.filter(pk=job.pk).update(state=JobState.RENDERING)
    job.segments.update(state=SegmentState.DONE)

    reaper.reap()

    job.refresh_from_db()
    assert job.state == JobState.ASSEMBLING
    assert [(task.name, task.arguments) for task in enqueued] == [("assemble", (str(job.pk),))]


def test_a_job_that_is_still_rendered_is_not_put_together(job: Job, enqueued: EnqueuedTasks) -> None:
    Job.objects.filter(pk=job.pk).update(state=JobState.RENDERING)
    job.segments.filter(index=0).update(state=SegmentState.DONE)
    job.segments.filter(index=1).update(state=SegmentState.CLAIMED, lease_until=timezone.now() + timedelta(seconds=20))

    reaper.reap()

    job.refresh_from_db()
    assert (job.state, enqueued) == (JobState.RENDERING, [])
