"""Uploads gather on this machine and are put into object storage when they are whole, whatever dies on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from tests import factories, objects
from tests.fakes import EnqueuedTasks
from tests.intake.tus import CONTENT, TUS, begin, offset_of, patch
from upscaler.media.media_store import media_store
from upscaler.models import Upload, Video

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("object_storage")]

Patch = Callable[..., Any]


@pytest.fixture
def putting(object_storage: object, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Have something happen whenever bytes have just been put into storage."""

    def then(happens: Callable[[], None]) -> None:
        kind: Any = default_storage.__class__
        true_put = kind.upload

        def put(self: Any, *arguments: Any) -> None:
            true_put(self, *arguments)
            happens()

        monkeypatch.setattr(kind, "upload", put)

    return then


def dies() -> None:
    raise KeyboardInterrupt


def whole(client: Client) -> str:
    """An upload whose last byte is stored, and that has not arrived."""
    url = begin(client)
    media_store().incoming_path(Upload.objects.get().key).write_bytes(CONTENT)
    Upload.objects.update(offset=len(CONTENT))
    return url


def the_video_is_there_once(client: Client, url: str) -> None:
    response = client.head(url, headers=TUS)
    video = Video.objects.get()
    assert response["X-Result-Id"] == str(video.pk)
    assert factories.stored(video.key) == CONTENT
    assert not media_store().incoming_path(f"uploads/{video.pk}").exists()


def test_bytes_on_their_way_are_on_this_machine_only(person_client: Client) -> None:
    url = begin(person_client)
    patch(person_client, url, CONTENT[:100], 0)

    assert factories.files_under("uploads") == factories.files_under("videos") == []

    patch(person_client, url, CONTENT[100:], 100)
    the_video_is_there_once(person_client, url)
    assert factories.files_under("uploads") == []


def test_an_upload_goes_on_where_it_was_after_a_crash_in_the_middle(person_client: Client) -> None:
    url = begin(person_client)
    patch(person_client, url, CONTENT[:4000], 0)
    with media_store().incoming_path(Upload.objects.get().key).open("ab") as file:
        file.write(b"a chunk that was not counted")

    stored = offset_of(person_client, url)
    assert stored == 4000
    assert patch(person_client, url, CONTENT[stored:], stored).status_code == 204

    the_video_is_there_once(person_client, url)


def test_an_arrival_that_died_while_its_bytes_travelled_goes_on(
    person_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = whole(person_client)
    with monkeypatch.context() as patched:
        patched.setattr(default_storage.__class__, "upload", lambda *_: dies())
        with pytest.raises(KeyboardInterrupt):
            person_client.head(url, headers=TUS)
    assert Video.objects.count() == 0

    the_video_is_there_once(person_client, url)


def test_an_arrival_that_died_behind_the_last_byte_sends_none_again(
    person_client: Client, putting: Callable[[Callable[[], None]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = whole(person_client)
    putting(dies)
    with pytest.raises(KeyboardInterrupt):
        person_client.head(url, headers=TUS)
    assert Video.objects.count() == 0

    the_video_is_there_once(person_client, url)  # or it would die again


def test_an_arrival_that_died_behind_its_row_leaves_no_bytes_here(person_client: Client) -> None:
    url = whole(person_client)
    person_client.head(url, headers=TUS)
    left = media_store().incoming_path(Upload.objects.get().key)
    left.write_bytes(CONTENT)

    the_video_is_there_once(person_client, url)


def test_a_video_that_was_deleted_is_not_stored_once_more(person_client: Client, enqueued: EnqueuedTasks) -> None:
    url = whole(person_client)
    person_client.head(url, headers=TUS)
    video = Video.objects.get()
    media_store().delete_folder(f"videos/{video.pk}")
    video.delete()
    media_store().incoming_path(Upload.objects.get().key).write_bytes(CONTENT)

    person_client.head(url, headers=TUS)

    assert factories.files_under("videos") == []


def test_an_upload_that_is_forgotten_while_its_bytes_travel_leaves_nothing(
    person_client: Client, putting: Callable[[Callable[[], None]], None]
) -> None:
    url = whole(person_client)
    putting(lambda: Upload.objects.all().delete() and None)

    assert patch(person_client, url, b"", len(CONTENT)).status_code == 404

    assert factories.files_under("videos") == []
    assert Video.objects.count() == 0


@pytest.mark.expects_errors
def test_a_storage_that_is_away_is_said_and_the_bytes_stay_for_the_next_time(
    person_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = begin(person_client)
    with monkeypatch.context() as patched:
        patched.setattr("upscaler.media.s3.ObjectStorage.connection", property(objects.unreachable))
        response = patch(person_client, url, CONTENT, 0)
        assert response.status_code == 503
        assert "Try again later" in response.text
    assert Video.objects.count() == 0

    the_video_is_there_once(person_client, url)


def test_bytes_that_are_nowhere_are_said_to_be_gone(person_client: Client) -> None:
    url = whole(person_client)
    media_store().incoming_path(Upload.objects.get().key).unlink()

    assert person_client.head(url, headers=TUS).status_code == 410
