"""The last byte of an upload makes a video or a model of it: once."""

from __future__ import annotations

import hashlib
from pathlib import Path
from uuid import UUID

import pytest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from tests import factories
from tests.clips import make_clip
from tests.fakes import EnqueuedTasks
from tests.intake.tus import CONTENT, TUS, begin, patch
from upscaler.intake import completion
from upscaler.intake.completion import title_of
from upscaler.media.media_store import media_store
from upscaler.models import Job, ModelState, Upload, UpscaleModel, User, Video, VideoState

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("each_storage")]


@pytest.mark.django_db(transaction=True)
def test_a_finished_upload_is_the_same_file_to_the_byte(
    person_client: Client, person: User, enqueued: EnqueuedTasks, tmp_path: Path
) -> None:
    factories.builtin_model()
    content = make_clip(tmp_path / "clip.avi", frames=10).read_bytes()
    url = begin(person_client, size=len(content), filename="Blood_Gulch 2004.avi")
    half = len(content) // 2
    patch(person_client, url, content[:half], 0)
    assert Video.objects.count() == 0

    response = patch(person_client, url, content[half:], half)

    video = Video.objects.get(pk=response["X-Result-Id"])
    assert (video.owner, video.title, video.original_name) == (person, "Blood Gulch 2004", "Blood_Gulch 2004.avi")
    assert (video.state, video.size) == (VideoState.PROBING, len(content))
    assert not media_store().incoming_path(f"uploads/{video.pk}").exists()
    assert [(task.queue, task.name, task.arguments) for task in enqueued] == [
        ("cpu", "take_in_video", (str(video.pk),))
    ]

    enqueued.run("take_in_video")

    video.refresh_from_db()
    assert video.state == VideoState.READY
    assert video.sha256 == hashlib.sha256(content).hexdigest()
    assert factories.stored(video.key) == content
    assert Job.objects.get().video == video


def test_the_last_chunk_sent_again_gives_the_same_video(person_client: Client) -> None:
    url = begin(person_client)
    first = patch(person_client, url, CONTENT, 0)

    again = patch(person_client, url, b"", len(CONTENT))

    assert again.status_code == 204
    assert again["X-Result-Id"] == first["X-Result-Id"]
    assert person_client.head(url, headers=TUS)["X-Result-Id"] == first["X-Result-Id"]
    assert Video.objects.count() == 1


def test_an_arrival_that_was_cut_off_before_its_row_goes_on(person_client: Client) -> None:
    """All bytes were stored, the process died before the video was made; the client asks again."""
    url = begin(person_client)
    upload = Upload.objects.get()
    media_store().incoming_path(upload.key).write_bytes(CONTENT)
    Upload.objects.update(offset=len(CONTENT))

    response = patch(person_client, url, b"", len(CONTENT))

    video = Video.objects.get(pk=response["X-Result-Id"])
    assert factories.stored(video.key) == CONTENT


def test_an_arrival_that_was_cut_off_goes_on_when_the_client_only_asks_how_far_it_is(person_client: Client) -> None:
    """tus clients that resume and hear that all is there send nothing more."""
    url = begin(person_client)
    media_store().incoming_path(Upload.objects.get().key).write_bytes(CONTENT)
    Upload.objects.update(offset=len(CONTENT))

    response = person_client.head(url, headers=TUS)

    assert response["Upload-Offset"] == str(len(CONTENT))
    assert Video.objects.get().pk == UUID(response["X-Result-Id"])


def test_an_arrival_that_died_between_the_move_and_the_row_goes_on(
    person_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = begin(person_client)

    def dies(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Video, "save", dies)
        with pytest.raises(KeyboardInterrupt):
            patch(person_client, url, CONTENT, 0)
    assert Video.objects.count() == 0

    response = patch(person_client, url, b"", len(CONTENT))

    assert response.status_code == 204
    video = Video.objects.get(pk=response["X-Result-Id"])
    assert factories.stored(video.key) == CONTENT


def test_weights_become_a_model_that_is_being_checked(
    owner_client: Client,
    owner: User,
    enqueued: EnqueuedTasks,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    url = begin(owner_client, purpose="weights", filename="net_g_latest.pth")
    with django_capture_on_commit_callbacks(execute=True):
        response = patch(owner_client, url, CONTENT, 0)

    model = UpscaleModel.objects.get(pk=response["X-Result-Id"])
    assert (model.state, model.name, model.uploaded_by) == (ModelState.CHECKING, "net g latest", owner)
    assert factories.stored(model.upload_key) == CONTENT
    assert [(task.queue, task.name, task.arguments) for task in enqueued] == [
        ("cpu", "check_weights", (str(model.pk),))
    ]


def test_a_deleted_upload_leaves_what_it_became(person_client: Client) -> None:
    url = begin(person_client)
    patch(person_client, url, CONTENT, 0)

    assert person_client.delete(url, headers=TUS).status_code == 204

    video = Video.objects.get()
    assert factories.stored(video.key) == CONTENT


def test_calling_twice_makes_one_video(person: User) -> None:
    upload = Upload.objects.create(owner=person, purpose="video", name="clip.avi", size=3, offset=3)
    media_store().incoming_path(upload.key).write_bytes(b"abc")

    assert completion.upload_complete(upload) == completion.upload_complete(upload)
    assert Video.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Blood_Gulch  CTF.avi", "Blood Gulch CTF"),
        ("C:\\Captures\\halo pc.wmv", "halo pc"),
        ("/films/2004/halo.tar.avi", "halo.tar"),
        (".avi", ".avi"),
        ("", "Untitled"),
        ("___", "Untitled"),
        ("x" * 300 + ".avi", "x" * 200),
    ],
)
def test_a_first_title_is_the_name_without_folder_and_ending(name: str, title: str) -> None:
    assert title_of(name) == title
