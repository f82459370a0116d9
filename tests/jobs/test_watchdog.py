"""A cluster is begun anew where work waits that its workers could do, and they do nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests import factories
from tests.jobs.test_presence import make_worker
from upscaler.jobs import claims, presence
from upscaler.jobs.watchdog import is_stuck
from upscaler.models import Installation, Job, JobState, Video, VideoState

pytestmark = pytest.mark.django_db


@pytest.fixture
def video(video: Video) -> Video:
    """One that wants nothing more."""
    return factories.make_copies(video)


def test_without_work_nothing_is_stuck(video: Video) -> None:
    assert not is_stuck("gpu")
    assert not is_stuck("cpu")


def test_a_segment_that_nobody_takes_is_work_that_waits(job: Job) -> None:
    make_worker("here:1:1")
    assert is_stuck("gpu")


def test_while_our_worker_is_at_one_nothing_is_stuck(job: Job) -> None:
    make_worker("here:1:1")
    claims.claim_next("here:1:1")
    assert not is_stuck("gpu")


def test_what_others_are_at_may_be_theirs_alone(job: Job) -> None:
    make_worker("here:1:1")
    claims.claim_next("there:1:1")
    assert not is_stuck("gpu")


def test_a_job_that_waits_for_something_is_not_stuck(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(waits_for="It needs room.")
    assert not is_stuck("gpu")


def test_a_machine_that_may_do_nothing_is_not_stuck(job: Job) -> None:
    presence.install()
    Installation.objects.update(version="another")
    assert not is_stuck("gpu")


def test_work_for_processors_is_seen_as_well(video: Video, job: Job) -> None:
    worker = make_worker("here:2:1", queue="cpu")
    Job.objects.filter(pk=job.pk).update(state=JobState.ASSEMBLING)
    assert is_stuck("cpu")

    soon = timezone.now() + timedelta(seconds=20)
    Job.objects.filter(pk=job.pk).update(lease_until=soon, leased_by=worker.name)
    Video.objects.filter(pk=video.pk).update(state=VideoState.PROBING)
    assert not is_stuck("cpu"), "our worker has something in hand"
