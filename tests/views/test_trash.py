"""The page of the trash."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from tests import factories
from tests.fakes import EnqueuedTasks
from tests.page import Page
from upscaler.jobs.actions.trash import videos_trash
from upscaler.models import User, Video
from upscaler.models.artifact import ArtifactKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def trashed(person: User) -> Video:
    video = factories.make_video(person, title="Lockout")
    factories.make_artifact(video, ArtifactKind.POSTER)
    videos_trash(user=person, ids=[video.pk])
    video.refresh_from_db()
    return video


def test_it_shows_what_is_in_it_and_when_it_goes(
    person_client: Client, stranger_client: Client, trashed: Video, video: Video
) -> None:
    page = Page(person_client.get("/trash/"))

    assert page.texts(".trashed strong") == ["Lockout"]
    assert video.title not in page.source
    assert trashed.trashed_at is not None
    gone = trashed.trashed_at + timedelta(days=30)
    assert page.text(".trashed time") == f"{gone.day} {gone:%B %Y} UTC"
    assert "after 30 days" in page.text("main .lead")
    assert "Lockout" not in Page(stranger_client.get("/trash/")).source


def test_an_empty_one_says_so(person_client: Client, video: Video) -> None:
    assert Page(person_client.get("/trash/")).text(".empty-state h2") == "The trash is empty"


def test_a_video_is_moved_there_from_its_page_and_back(person_client: Client, video: Video) -> None:
    assert Page(person_client.get(f"/videos/{video.pk}/")).has(f'form[action="/videos/{video.pk}/trash/"]')
    person_client.post(f"/videos/{video.pk}/trash/")
    assert person_client.get(f"/videos/{video.pk}/").status_code == 404
    assert person_client.post(f"/videos/{video.pk}/trash/").status_code == 404

    response = person_client.post(f"/trash/{video.pk}/restore/", follow=True)

    assert Page(response).messages[-1] == f"Restored “{video.title}”."
    assert person_client.get(f"/videos/{video.pk}/").status_code == 200


def test_a_video_that_is_not_in_it_is_not_deleted_from_it(person_client: Client, video: Video) -> None:
    assert person_client.post(f"/trash/{video.pk}/delete/").status_code == 404
    assert person_client.post(f"/trash/{video.pk}/restore/").status_code == 404
    assert Video.objects.filter(pk=video.pk).exists()


def test_it_is_emptied(
    person_client: Client,
    trashed: Video,
    video: Video,
    enqueued: EnqueuedTasks,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        page = Page(person_client.post("/trash/empty/", follow=True))

    assert page.message == "Permanently deleted 1 video."
    assert page.text(".empty-state h2") == "The trash is empty"
    enqueued.run("empty_trash")
    assert list(Video.objects.all()) == [video]


def test_strangers_and_visitors_empty_nothing(stranger_client: Client, client: Client, trashed: Video) -> None:
    assert Page(stranger_client.post("/trash/empty/", follow=True)).message == "Permanently deleted 0 videos."
    assert client.post("/trash/empty/")["Location"].startswith("/log-in/")
    assert stranger_client.post(f"/trash/{trashed.pk}/delete/").status_code == 404

    assert Video.objects.get().trashed_at == trashed.trashed_at
