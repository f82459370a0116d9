"""A job's page: where it is, how it is stopped, what it made."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import factories
from tests.fakes import Bells
from upscaler.live import log
from upscaler.models import Artifact, Event, Job, JobState, Video
from upscaler.models.artifact import ArtifactKind

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", [*set(JobState) - {JobState.DONE}])
def test_the_page_says_where_the_job_is(person_client: Client, video: Video, state: JobState) -> None:
    error = "The network needs more memory." if state == JobState.FAILED else ""
    job = factories.make_job(video, state=state, error=error, frames_done=7)

    page = person_client.get(f"/jobs/{job.pk}/").content.decode()

    assert state.label in page
    assert error in page
    assert 'value="7" max="30"' in page
    assert "64 × 48 to 256 × 192" in page  # noqa: RUF001
    assert (f'action="/jobs/{job.pk}/cancel/"' in page) is job.is_active
    assert (f'action="/jobs/{job.pk}/delete/"' in page) is not job.is_active


def test_a_done_job_shows_its_result_and_its_receipt(person_client: Client, finished: Job) -> None:
    page = person_client.get(f"/jobs/{finished.pk}/").content.decode()

    result, receipt = (finished.artifacts.get(kind=kind) for kind in (ArtifactKind.RESULT, ArtifactKind.RECEIPT))
    assert f'src="/media/{result.pk}"' in page
    assert f'href="/media/{result.pk}?download=1"' in page
    assert f'href="/media/{receipt.pk}"' in page
    assert f'href="/jobs/{finished.pk}/compare/"' in page
    assert "30 in, 30 out" in page
    assert "moved by 0.5 ms" in page


def test_a_page_opened_late_shows_the_log_and_the_last_pair(person_client: Client, rendering: Job) -> None:
    log.append(rendering, {"kind": "log", "text": "<b>Trying</b> again."})
    log.append(rendering, {"kind": "pair", "frame": 9, "before": "/media/b", "after": "/media/a"})

    page = person_client.get(f"/jobs/{rendering.pk}/").content.decode()

    assert "&lt;b&gt;Trying&lt;/b&gt; again." in page
    assert "<b>Trying" not in page
    assert 'src="/media/b"' in page


def test_its_status_is_for_pages_without_a_websocket(
    person_client: Client, stranger_client: Client, rendering: Job
) -> None:
    url = f"/jobs/{rendering.pk}/status.json"

    status = person_client.get(url).json()

    assert (status["state"], status["frame"], status["total"], status["seconds_left"]) == ("rendering", 12, 30, 3.0)
    assert stranger_client.get(url).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_job_is_cancelled(person_client: Client, rendering: Job, bells: Bells) -> None:
    response = person_client.post(f"/jobs/{rendering.pk}/cancel/")

    assert response["Location"] == f"/jobs/{rendering.pk}/"
    rendering.refresh_from_db()
    assert rendering.state == JobState.CANCELLED
    assert [(bell.name, bell.arguments) for bell in bells] == [
        ("remove_folder", (f"{rendering.folder}/segments",)),
    ]


def test_cancelling_what_has_ended_says_so(person_client: Client, finished: Job) -> None:
    response = person_client.post(f"/jobs/{finished.pk}/cancel/", follow=True)

    assert "The job had already ended." in response.content.decode()
    finished.refresh_from_db()
    assert finished.state == JobState.DONE


@pytest.mark.django_db(transaction=True)
def test_a_deleted_job_takes_its_files_and_leaves_the_original(
    person_client: Client, finished: Job, bells: Bells
) -> None:
    video, folder = finished.video, finished.folder
    log.append(finished, {"kind": "log", "text": "done"})
    factories.make_share(finished)

    response = person_client.post(f"/jobs/{finished.pk}/delete/")

    assert response["Location"] == f"/videos/{video.pk}/"
    assert (Job.objects.count(), Event.objects.count(), Artifact.objects.exclude(video=video).count()) == (0, 0, 0)
    bells.answer("remove_folder")
    assert factories.files_under(folder) == []
    assert factories.has_file(video.key)


@pytest.mark.parametrize("action", ["cancel", "delete"])
def test_a_stranger_stops_nothing(stranger_client: Client, rendering: Job, action: str) -> None:
    assert stranger_client.post(f"/jobs/{rendering.pk}/{action}/").status_code == 404

    rendering.refresh_from_db()
    assert rendering.state == JobState.RENDERING
