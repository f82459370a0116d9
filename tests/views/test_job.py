"""A job's page: where it is, and how it is stopped."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from tests import factories
from tests.fakes import EnqueuedTasks
from tests.page import Page
from upscaler.jobs.actions import lifecycle
from upscaler.live import log
from upscaler.models import Artifact, Event, Job, JobState, Video, VideoState

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", sorted(set(JobState) - {JobState.DONE}))
def test_the_page_says_where_the_job_is(person_client: Client, video: Video, state: JobState) -> None:
    error = "The network needs more memory." if state == JobState.FAILED else ""
    job = factories.make_job(video, state=state, error=error, frames_done=7)

    page = Page(person_client.get(f"/jobs/{job.pk}/"))

    assert page.text("#label") == state.label
    assert (page.text("#error"), page.one("#error").is_hidden) == (error, not error)
    assert (page.one("#bar")["value"], page.one("#bar")["max"]) == ("7", "30")
    assert "64 × 48 to 256 × 192" in page.text(".job-summary")  # noqa: RUF001
    assert page.has(f'#actions form[action="/jobs/{job.pk}/cancel/"]') is job.is_active
    assert page.has(f'#actions form[action="/jobs/{job.pk}/delete/"]') is not job.is_active


def test_the_first_frame_has_a_number(person_client: Client, rendering: Job) -> None:
    assert Page(person_client.get(f"/jobs/{rendering.pk}/")).text("#pair-frame") == "–"  # noqa: RUF001

    log.append(rendering, {"kind": "pair", "frame": 0, "before": "/media/b", "after": "/media/a"})

    assert Page(person_client.get(f"/jobs/{rendering.pk}/")).text("#pair-frame") == "0"


def test_a_page_opened_late_shows_the_log_and_the_last_pair(person_client: Client, rendering: Job) -> None:
    log.append(rendering, {"kind": "log", "text": "<b>Trying</b> again."})
    log.append(rendering, {"kind": "pair", "frame": 9, "before": "/media/b", "after": "/media/a"})

    page = Page(person_client.get(f"/jobs/{rendering.pk}/"))

    assert page.texts("#log li") == ["<b>Trying</b> again."]
    assert [image["src"] for image in page.all("#slider img")] == ["/media/b", "/media/a"]


def test_its_status_is_for_pages_without_a_websocket(
    person_client: Client, stranger_client: Client, rendering: Job
) -> None:
    url = f"/jobs/{rendering.pk}/status.json"

    status = person_client.get(url).json()

    assert (status["state"], status["frame"], status["total"], status["seconds_left"]) == ("rendering", 12, 30, 3.0)
    assert stranger_client.get(url).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_job_is_cancelled(person_client: Client, rendering: Job, enqueued: EnqueuedTasks) -> None:
    response = person_client.post(f"/jobs/{rendering.pk}/cancel/")

    assert response["Location"] == f"/jobs/{rendering.pk}/"
    rendering.refresh_from_db()
    assert rendering.state == JobState.CANCELLED
    assert [(task.name, task.arguments) for task in enqueued] == [
        ("remove_folder", (f"{rendering.folder}/segments",)),
    ]


def test_cancelling_what_has_ended_says_so(person_client: Client, finished: Job) -> None:
    response = person_client.post(f"/jobs/{finished.pk}/cancel/", follow=True)

    assert Page(response).message == "This job has already finished."
    finished.refresh_from_db()
    assert finished.state == JobState.DONE


@pytest.mark.parametrize("state", JobState)
def test_the_buttons_fit_the_state(person_client: Client, video: Video, state: JobState) -> None:
    job = factories.make_job(video, state=state)

    page = Page(person_client.get(f"/jobs/{job.pk}/"))

    can_pause, can_resume = state in (JobState.QUEUED, JobState.RENDERING), state == JobState.PAUSED
    pause = page.all(f'form[action="/jobs/{job.pk}/pause/"][data-while="queued rendering"]')
    resume = page.all(f'form[action="/jobs/{job.pk}/resume/"][data-while="paused"]')
    # the hidden ones are there too, for the page that is told of another state
    assert [form.is_hidden for form in pause] == ([not can_pause] if job.is_active else [])
    assert [form.is_hidden for form in resume] == ([not can_resume] if job.is_active else [])


def test_a_job_is_paused_and_goes_on(
    person_client: Client,
    rendering: Job,
    enqueued: EnqueuedTasks,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    response = person_client.post(f"/jobs/{rendering.pk}/pause/")
    rendering.refresh_from_db()
    assert (response["Location"], rendering.state) == (f"/jobs/{rendering.pk}/", JobState.PAUSED)

    with django_capture_on_commit_callbacks(execute=True):
        response = person_client.post(f"/jobs/{rendering.pk}/resume/", {"on": "queue"})
    rendering.refresh_from_db()
    assert (response["Location"], rendering.state) == ("/queue/", JobState.QUEUED)
    assert enqueued.names == ["render"]


@pytest.mark.parametrize(
    ("action", "state", "words"),
    [
        ("pause", JobState.VERIFYING, "Only queued or running jobs can be paused."),
        ("pause", JobState.PAUSED, "Only queued or running jobs can be paused."),
        ("resume", JobState.CANCELLED, "The job is no longer paused."),
    ],
)
def test_a_button_that_came_too_late_says_so(
    person_client: Client, video: Video, action: str, state: JobState, words: str
) -> None:
    job = factories.make_job(video, state=state)

    assert Page(person_client.post(f"/jobs/{job.pk}/{action}/", follow=True)).message == words

    job.refresh_from_db()
    assert job.state == state


def test_why_nobody_works_on_it_is_said_and_told(person_client: Client, job: Job) -> None:
    lifecycle.job_wait(job, "The disk is full.")

    page = Page(person_client.get(f"/jobs/{job.pk}/"))
    assert (page.text("#waits"), page.one("#waits").is_hidden) == ("The disk is full.", False)
    assert person_client.get(f"/jobs/{job.pk}/status.json").json()["waits_for"] == "The disk is full."

    lifecycle.job_wait(job, "The disk is full.")
    lifecycle.job_wait(job, "")

    told = Event.objects.filter(subject=job.pk, kind="waits").values_list("payload__text", flat=True)
    assert list(told) == ["The disk is full.", ""], "each once"
    assert Page(person_client.get(f"/jobs/{job.pk}/")).one("#waits").is_hidden


@pytest.mark.parametrize("state", [JobState.PAUSED, JobState.CANCELLED])
def test_a_job_that_nobody_should_work_on_waits_for_nothing(job: Job, state: JobState) -> None:
    Job.objects.filter(pk=job.pk).update(state=state)

    lifecycle.job_wait(job, "The disk is full.")

    job.refresh_from_db()
    assert (job.waits_for, Event.objects.count()) == ("", 0)


def test_it_can_be_run_again_with_other_settings(person_client: Client, job: Job) -> None:
    link = f'a[href="/videos/{job.video_id}/?from={job.pk}#upscale"]'
    assert Page(person_client.get(f"/jobs/{job.pk}/")).has(link)

    Video.objects.update(state=VideoState.REFUSED)

    assert not Page(person_client.get(f"/jobs/{job.pk}/")).has(link)


@pytest.mark.django_db(transaction=True)
def test_a_deleted_job_takes_its_files_and_leaves_the_original(
    person_client: Client, finished: Job, enqueued: EnqueuedTasks
) -> None:
    video, folder = finished.video, finished.folder
    log.append(finished, {"kind": "log", "text": "done"})
    factories.make_share(finished)

    response = person_client.post(f"/jobs/{finished.pk}/delete/")

    assert response["Location"] == f"/videos/{video.pk}/"
    assert (Job.objects.count(), Event.objects.count(), Artifact.objects.exclude(video=video).count()) == (0, 0, 0)
    enqueued.run("remove_folder")
    assert factories.files_under(folder) == []
    assert factories.has_file(video.key)


@pytest.mark.parametrize("action", ["cancel", "pause", "delete"])
def test_a_stranger_stops_nothing(stranger_client: Client, rendering: Job, action: str) -> None:
    assert stranger_client.post(f"/jobs/{rendering.pk}/{action}/").status_code == 404

    rendering.refresh_from_db()
    assert rendering.state == JobState.RENDERING


def test_a_job_that_failed_says_that_its_segments_are_kept(person_client: Client, video: Video) -> None:
    error = "The result failed its check: frames: 29 instead of 30."
    job = factories.make_job(video, state=JobState.FAILED, error=error)
    assert Page(person_client.get(f"/jobs/{job.pk}/")).text("#kept") == ""

    job.segments.update(key="jobs/x/segments/0")

    page = Page(person_client.get(f"/jobs/{job.pk}/"))
    assert page.text("#error") == error
    assert "Finished segments are kept" in page.text("#kept")


def test_a_job_that_failed_is_tried_again(
    person_client: Client,
    video: Video,
    enqueued: EnqueuedTasks,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    job = factories.make_job(video, state=JobState.FAILED, error="It broke.")
    assert Page(person_client.get(f"/jobs/{job.pk}/")).has(f'form[action="/jobs/{job.pk}/retry/"]')

    with django_capture_on_commit_callbacks(execute=True):
        person_client.post(f"/jobs/{job.pk}/retry/")

    job.refresh_from_db()
    assert (job.state, job.error, enqueued.names) == (JobState.QUEUED, "", ["render"])
    page = Page(person_client.post(f"/jobs/{job.pk}/retry/", follow=True))
    assert page.message == "Only failed jobs can be retried."
