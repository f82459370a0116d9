"""Whose account is deleted leaves neither rows nor files, whichever way Django's admin does it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoCaptureOnCommitCallbacks

from tests import factories
from tests.fakes import EnqueuedTasks
from tests.page import Page
from upscaler.jobs.actions import trash
from upscaler.jobs.actions.accounts import accounts_delete
from upscaler.media.media_store import media_store
from upscaler.models import (
    Artifact,
    Capture,
    CaptureLink,
    Event,
    Frame,
    Job,
    JobState,
    Listing,
    Part,
    Post,
    Share,
    TrainingRun,
    Upload,
    UpscaleModel,
    User,
    Video,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("each_storage")]

Delete = Callable[..., None]


@pytest.fixture(params=["page", "action"])
def delete(
    request: pytest.FixtureRequest,
    owner_client: Client,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> Delete:
    """As the owner of the server does it: on the page of one, or for those who are marked in the list."""

    def deleted(*people: User) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            if request.param == "action":
                said = {"action": "delete_selected", "_selected_action": [one.pk for one in people], "post": "yes"}
                assert owner_client.post("/admin/upscaler/user/", said).status_code == 302
                return
            for one in people:
                response = owner_client.post(f"/admin/upscaler/user/{one.pk}/delete/", {"post": "yes"})
                assert response.status_code == 302

    return deleted


def test_all_that_is_theirs_goes_and_nothing_of_others(
    delete: Delete, person: User, stranger: User, owner: User, enqueued: EnqueuedTasks
) -> None:
    kept, *gone = (factories.make_finished_job(factories.make_video(one)) for one in (owner, person, person, stranger))
    for job in (kept, *gone):
        factories.make_share(job)
        factories.make_post(job)
    trash.videos_trash(user=person, ids=[gone[0].video_id])
    film = factories.make_video(person)
    Part.objects.create(film=film, source=gone[1].video, position=0)
    keys = [*Artifact.objects.exclude(job=kept).exclude(video=kept.video).values_list("key", flat=True)]
    keys += [video.key for video in Video.objects.exclude(pk=kept.video_id)]
    assert all(factories.has_file(key) for key in keys)

    delete(person, stranger)

    assert list(User.objects.all()) == [owner]
    assert list(Video.objects.all()) == [kept.video]
    assert (list(Job.objects.all()), Share.objects.count(), Post.objects.count()) == ([kept], 1, 1)
    assert list(Listing.objects.values_list("pk", flat=True)) == [kept.video_id]
    assert not Event.objects.exclude(subject__in=[kept.pk, kept.video_id]).exists()
    assert all(factories.has_file(key) for key in keys), "nobody waits for files"
    enqueued.run_all()
    assert not any(factories.has_file(key) for key in keys)
    assert factories.has_file(kept.video.key)


def test_it_is_said_first_how_much_that_is(owner_client: Client, person: User) -> None:
    for _ in range(3):
        factories.make_share(factories.make_job(factories.make_video(person)))

    page = Page(owner_client.get(f"/admin/upscaler/user/{person.pk}/delete/"))

    assert {"Videos: 3", "Jobs: 3", "Links: 3"} <= set(page.texts("#content li"))
    assert "Blood Gulch" not in page.source
    assert person.username in page.text("#content")


def test_somebody_without_the_right_deletes_nobody(person_client: Client, stranger: User) -> None:
    person_client.post(f"/admin/upscaler/user/{stranger.pk}/delete/", {"post": "yes"})

    assert User.objects.filter(pk=stranger.pk).exists()


def test_what_is_under_way_is_cancelled(delete: Delete, person: User, enqueued: EnqueuedTasks) -> None:
    job = factories.make_job(factories.make_video(person), state=JobState.RENDERING)
    factories.store(f"{job.folder}/segments/000000-1.mp4", b"frames")

    delete(person)
    enqueued.run_all()

    assert not Job.objects.exists()
    assert factories.files_under("jobs") == []


def test_what_they_were_uploading_goes(delete: Delete, person: User, owner: User, enqueued: EnqueuedTasks) -> None:
    theirs, other = (
        Upload.objects.create(owner=one, purpose="video", name="clip.avi", size=9) for one in (person, owner)
    )
    for upload in (theirs, other):
        media_store().incoming_path(upload.key).write_bytes(b"half")

    delete(person)

    assert list(Upload.objects.all()) == [other]
    assert not media_store().incoming_path(theirs.key).exists()
    assert media_store().incoming_path(other.key).exists()


def test_models_that_they_uploaded_stay(delete: Delete, person: User, owner: User, enqueued: EnqueuedTasks) -> None:
    model = factories.make_model(uploaded_by=person)
    factories.store(model.key, b"weights")
    job = factories.make_job(factories.make_video(owner), model=model)

    delete(person)
    enqueued.run_all()

    assert UpscaleModel.objects.get(pk=model.pk).uploaded_by is None
    assert factories.has_file(model.key)
    assert Job.objects.get() == job


def test_thirty_videos_take_as_many_queries_as_three(enqueued: EnqueuedTasks) -> None:
    counts = []
    for videos in (3, 30):
        person = factories.make_user()
        for _ in range(videos):
            factories.make_job(factories.make_video(person), state=JobState.RENDERING)
        with CaptureQueriesContext(connection) as queries:
            accounts_delete(ids=[person.pk])
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert not Video.objects.exists()


def test_datasets_go_with_their_runs_and_their_files(
    delete: Delete, person: User, owner: User, enqueued: EnqueuedTasks
) -> None:
    kept, gone = (factories.make_capture(factories.make_dataset(one), frames=3) for one in (owner, person))
    for capture in (kept, gone):
        factories.store(capture.key, b"capture")
        factories.make_capture_link(capture.dataset)
    TrainingRun.objects.create(dataset=gone.dataset, owner=person, name="run", recipe_json={}, preparation_json={})

    delete(person)
    enqueued.run("remove_folder")

    assert list(Capture.objects.all()) == [kept]
    assert Frame.objects.count() == 3
    assert (TrainingRun.objects.count(), CaptureLink.objects.count()) == (0, 1)
    assert (factories.files_under(kept.folder), factories.files_under(gone.folder)) == (["original"], [])
