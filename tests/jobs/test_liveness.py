"""Where no worker lives that could go on with a job, the job, the queue and the page of workers say so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests import factories
from tests.fakes import EnqueuedTasks
from tests.jobs.helpers import make_worker
from tests.page import Page
from upscaler.jobs.recovery import reaper
from upscaler.jobs.recovery.liveness import NO_WORKER
from upscaler.jobs.recovery.watchdog import is_stuck
from upscaler.jobs.rendering import claims
from upscaler.models import Installation, Job, JobState, User, Video, Worker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("enqueued")]


@pytest.fixture(autouse=True)
def old_server() -> None:
    """One that was started an hour ago, with both workers."""
    Installation.objects.create(pk=1, version="0.2.0", key_check="")
    Installation.objects.update(updated_at=timezone.now() - timedelta(hours=1))
    for queue in ("gpu", "cpu"):
        make_worker(f"there:{queue}:1", machine="another", queue=queue)


def lose(queue: str) -> None:
    """Nobody has heard of its worker for longer than a minute."""
    Worker.objects.filter(queue=queue).update(heartbeat_at=timezone.now() - timedelta(seconds=70))


def said_of(job: Job) -> str:
    reaper.reap()
    job.refresh_from_db()
    return job.waits_for


@pytest.mark.parametrize(("samples", "queue"), [(0, "cpu"), (1, "gpu")])
def test_a_training_run_says_so_too(person: User, samples: int, queue: str) -> None:
    run = factories.make_run(person, samples_done=samples)
    reaper.reap()
    run.refresh_from_db()
    assert run.waits_for == ""
    lose(queue)
    reaper.reap()
    run.refresh_from_db()
    assert run.waits_for == NO_WORKER[queue]
    Worker.objects.update(heartbeat_at=timezone.now())
    reaper.reap()
    run.refresh_from_db()
    assert run.waits_for == ""


@pytest.mark.parametrize(
    ("state", "queue"),
    [("queued", "gpu"), ("rendering", "gpu"), ("assembling", "cpu"), ("verifying", "cpu")],
)
def test_a_job_says_that_its_worker_is_missing_until_there_is_one(job: Job, state: str, queue: str) -> None:
    Job.objects.filter(pk=job.pk).update(state=state)
    assert said_of(job) == ""

    lose("cpu" if queue == "gpu" else "gpu")
    assert said_of(job) == "", "it waits for no worker of the other queue"

    lose(queue)
    assert said_of(job) == NO_WORKER[queue]

    Worker.objects.update(heartbeat_at=timezone.now())
    assert said_of(job) == ""


@pytest.mark.parametrize("state", [JobState.PAUSED, JobState.DONE, JobState.FAILED, JobState.CANCELLED])
def test_a_job_that_waits_for_nobody_says_nothing(video: Video, state: JobState) -> None:
    lose("gpu")
    lose("cpu")
    assert said_of(factories.make_job(video, state=state)) == ""


def test_a_job_that_waits_for_something_else_goes_on_saying_that(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(waits_for="Needs about 3 GiB of disk space.")
    lose("gpu")
    assert said_of(job) == "Needs about 3 GiB of disk space."


def test_the_first_segment_that_is_claimed_takes_the_words_away(job: Job) -> None:
    lose("gpu")
    assert said_of(job) == NO_WORKER["gpu"]

    assert claims.claim_next("a worker") is not None

    job.refresh_from_db()
    assert job.waits_for == ""


def test_a_server_that_has_just_started_says_nothing(job: Job) -> None:
    lose("gpu")
    Installation.objects.update(updated_at=timezone.now())
    assert said_of(job) == ""


@pytest.mark.parametrize(("state", "queue"), [("queued", "gpu"), ("assembling", "cpu")])
def test_a_cluster_whose_workers_are_frozen_is_still_begun_again(job: Job, state: str, queue: str) -> None:
    factories.make_copies(job.video)
    Installation.objects.all().delete()  # so that this machine may work
    Job.objects.filter(pk=job.pk).update(state=state, waits_for=NO_WORKER[queue])

    assert is_stuck(queue)


def test_the_queue_and_the_page_of_workers_say_it(person_client: Client, enqueued: EnqueuedTasks) -> None:
    for page in ("queue", "workers"):
        assert Page(person_client.get(f"/{page}/")).one("#missing").is_hidden
        assert person_client.get(f"/{page}.json").json()["missing"] == []

    lose("gpu")

    for page in ("queue", "workers"):
        missing = Page(person_client.get(f"/{page}/")).one("#missing")
        assert (missing.text(), missing.is_hidden) == (NO_WORKER["gpu"], False)
        assert person_client.get(f"/{page}.json").json()["missing"] == [NO_WORKER["gpu"]]
