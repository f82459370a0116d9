"""A cluster is begun anew where work waits that its workers could do, and they do nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests import factories
from tests.jobs.helpers import make_worker
from upscaler.jobs import tasks
from upscaler.jobs.base import installation
from upscaler.jobs.recovery.watchdog import is_stuck
from upscaler.jobs.rendering import claims
from upscaler.jobs.worker import heartbeat
from upscaler.models import Installation, Job, JobState, Post, PostState, User, Video, VideoState, Worker

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
    installation.install()
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


def test_a_clip_to_post_is_something_in_hand(video: Video, person: User) -> None:
    worker = make_worker("here:2:1", queue="cpu")
    job = factories.make_finished_job(video)
    post = factories.make_post(job)
    soon = timezone.now() + timedelta(seconds=20)
    Post.objects.filter(pk=post.pk).update(state=PostState.WANTED, lease_until=soon, leased_by=worker.name)
    factories.make_video(person, state=VideoState.PROBING, facts_json=None)

    assert not is_stuck("cpu")

    Post.objects.update(lease_until=None, leased_by="")
    assert is_stuck("cpu")


def test_the_removal_of_files_is_something_in_hand(video: Video, person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    factories.make_video(person, state=VideoState.PROBING, facts_json=None)
    seen = []

    def remove(_prefix: str) -> None:
        heartbeat.heartbeat.report("cpu")
        seen.append((Worker.objects.get().activity, is_stuck("cpu")))

    monkeypatch.setattr(tasks, "folder_delete", remove)
    tasks.remove_folder("jobs/1", "jobs/2")

    assert seen == [("Deleting files", False)] * 2
    heartbeat.heartbeat.report("cpu")
    assert is_stuck("cpu")


def test_a_video_that_waits_for_another_to_be_fetched_is_no_work(video: Video, person: User) -> None:
    make_worker("here:2:1", queue="cpu")
    soon = timezone.now() + timedelta(seconds=20)
    fetched = factories.make_video(person, state=VideoState.FETCHING, lease_until=soon, leased_by="there:1:1")
    factories.make_video(person, state=VideoState.FETCHING)
    assert not is_stuck("cpu")

    Video.objects.filter(pk=fetched.pk).update(lease_until=None)
    assert is_stuck("cpu")
