"""HEAD, PATCH and DELETE on an upload: every byte arrives once, or is said to be missing."""

from __future__ import annotations

import io

import pytest
from django.http import UnreadablePostError
from django.test import Client, RequestFactory

from tests import factories
from tests.fakes import EnqueuedTasks
from tests.intake.tus import CONTENT, TUS, begin, offset_of, patch
from upscaler.intake import gathered
from upscaler.intake.tus import NO_SPACE, UploadFileView
from upscaler.jobs.base import disk_space
from upscaler.media.media_store import media_store
from upscaler.models import Upload, User, Video

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("each_storage")]

TYPE = "application/offset+octet-stream"


def stored(url: str) -> bytes:
    upload = Upload.objects.get(pk=url.rpartition("/")[2])
    return media_store().incoming_path(upload.key).read_bytes()


def test_chunks_are_put_together_in_order(person_client: Client) -> None:
    url = begin(person_client)

    for start in range(0, 9000, 3000):
        response = patch(person_client, url, CONTENT[start : start + 3000], start)
        assert (response.status_code, response["Upload-Offset"]) == (204, str(start + 3000))

    assert offset_of(person_client, url) == 9000
    assert stored(url) == CONTENT[:9000]


def test_head_says_how_much_is_there_and_is_not_kept_by_caches(person_client: Client) -> None:
    url = begin(person_client)
    patch(person_client, url, CONTENT[:100], 0)

    response = person_client.head(url, headers=TUS)

    assert (response["Upload-Offset"], response["Upload-Length"]) == ("100", str(len(CONTENT)))
    assert response["Cache-Control"] == "no-store"
    assert response["Tus-Resumable"] == "1.0.0"


@pytest.mark.parametrize("said", ["0", "99", "101", "", "x", "-1", "²", "1" * 5000])
def test_bytes_for_another_place_are_refused(person_client: Client, said: str) -> None:
    url = begin(person_client)
    patch(person_client, url, CONTENT[:100], 0)

    response = patch(person_client, url, b"?" * 50, 0, headers={"Upload-Offset": said})

    assert response.status_code == 409
    assert offset_of(person_client, url) == 100
    assert stored(url) == CONTENT[:100]


def test_another_content_type_is_refused(person_client: Client) -> None:
    url = begin(person_client)

    response = person_client.patch(
        url, b"x", content_type="application/octet-stream", headers=TUS | {"Upload-Offset": "0"}
    )

    assert response.status_code == 415
    assert offset_of(person_client, url) == 0


def test_more_bytes_than_were_announced_are_refused(person_client: Client, enqueued: EnqueuedTasks) -> None:
    url = begin(person_client, size=10)

    response = patch(person_client, url, b"x" * 11, 0)

    assert response.status_code == 413
    assert offset_of(person_client, url) == 0
    assert (Video.objects.count(), enqueued) == (0, [])

    assert patch(person_client, url, b"0123456789", 0).status_code == 204
    video = Video.objects.get()
    assert factories.stored(video.key) == b"0123456789"


class Broken(io.BytesIO):
    """A connection that breaks off at its end."""

    def read(self, size: int | None = -1) -> bytes:
        part = super().read(size)
        if not part:
            raise UnreadablePostError("the connection was reset")
        return part


def test_a_connection_that_breaks_keeps_what_came_and_goes_on_there(person_client: Client, person: User) -> None:
    url = begin(person_client)
    request = RequestFactory().patch(url, headers=TUS | {"Content-Type": TYPE, "Upload-Offset": "0"})
    request.user = person
    request._stream = Broken(CONTENT[:4321])

    UploadFileView.as_view()(request, id=Upload.objects.get().pk)

    assert offset_of(person_client, url) == 4321
    response = patch(person_client, url, CONTENT[4321:], 4321)
    assert response.status_code == 204
    video = Video.objects.get(pk=response["X-Result-Id"])
    assert factories.stored(video.key) == CONTENT


def test_bytes_after_a_power_cut_are_written_over(person_client: Client) -> None:
    """The file may be longer than the row says: only what the row says counts."""
    url = begin(person_client)
    patch(person_client, url, CONTENT[:100], 0)
    with media_store().incoming_path(Upload.objects.get().key).open("ab") as file:
        file.write(b"half a chunk that no row knows of")

    response = patch(person_client, url, CONTENT[100:], 100)

    video = Video.objects.get(pk=response["X-Result-Id"])
    assert factories.stored(video.key) == CONTENT


def lose(*, left: int | None) -> None:
    """As after a restore: only so many bytes of the upload are on the disk, or no file at all."""
    path = media_store().incoming_path(Upload.objects.get().key)
    if left is None:
        path.unlink()
    else:
        with path.open("r+b") as file:
            file.truncate(left)


@pytest.mark.parametrize("sent", [4000, len(CONTENT)], ids=["half", "whole"])
def test_where_bytes_were_lost_the_upload_goes_on_from_those_that_are_left(person_client: Client, sent: int) -> None:
    url = begin(person_client)
    patch(person_client, url, CONTENT[:4000], 0)
    lose(left=500)
    Upload.objects.update(offset=sent)

    response = patch(person_client, url, CONTENT[sent:], sent)

    assert (response.status_code, response["Upload-Offset"]) == (409, "500")
    assert (offset_of(person_client, url), Video.objects.count()) == (500, 0)
    assert patch(person_client, url, CONTENT[500:], 500).status_code == 204
    assert factories.stored(Video.objects.get().key) == CONTENT


@pytest.mark.parametrize("sent", [4000, len(CONTENT)], ids=["half", "whole"])
@pytest.mark.parametrize("way", ["HEAD", "PATCH"])
def test_an_upload_whose_bytes_are_gone_is_begun_again(person_client: Client, sent: int, way: str) -> None:
    url = begin(person_client)
    patch(person_client, url, CONTENT[:4000], 0)
    lose(left=None)
    Upload.objects.update(offset=sent)

    if way == "HEAD":
        response = person_client.head(url, headers=TUS)
    else:
        response = patch(person_client, url, CONTENT[sent:], sent)

    assert response.status_code == 410
    assert not Upload.objects.exists()
    assert person_client.head(url, headers=TUS).status_code == 404
    again = begin(person_client)
    assert patch(person_client, again, CONTENT, 0).status_code == 204
    assert factories.stored(Video.objects.get().key) == CONTENT


@pytest.mark.expects_errors
def test_an_upload_is_kept_while_the_media_are_not_there(
    person_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network drive that is not mounted looks like one without files."""
    url = begin(person_client)
    patch(person_client, url, CONTENT[:4000], 0)
    lose(left=None)
    monkeypatch.setattr(gathered, "refusal", lambda: "The media are not there.")

    response = patch(person_client, url, CONTENT[4000:], 4000)

    assert (response.status_code, response.content) == (503, b"The media are not there.")
    assert Upload.objects.get().offset == 4000


def test_head_says_how_much_is_left(person_client: Client) -> None:
    url = begin(person_client)
    patch(person_client, url, CONTENT[:4000], 0)
    lose(left=500)

    assert offset_of(person_client, url) == 500
    assert Upload.objects.get().offset == 500


def test_an_upload_that_has_arrived_needs_its_gathered_bytes_no_more(person_client: Client) -> None:
    url = begin(person_client)
    result = patch(person_client, url, CONTENT, 0)["X-Result-Id"]

    assert not media_store().incoming_path(Upload.objects.get().key).exists()
    assert person_client.head(url, headers=TUS)["X-Result-Id"] == result


def test_a_forgotten_upload_is_gone_with_its_bytes(person_client: Client) -> None:
    url = begin(person_client)
    patch(person_client, url, CONTENT[:100], 0)
    key = Upload.objects.get().key

    assert person_client.delete(url, headers=TUS).status_code == 204

    assert not media_store().incoming_path(key).exists()
    assert person_client.head(url, headers=TUS).status_code == 404
    assert person_client.delete(url, headers=TUS).status_code == 404
    assert patch(person_client, url, b"more", 100).status_code == 404


def test_a_stranger_sees_no_upload_of_others(
    person_client: Client, stranger_client: Client, owner_client: Client
) -> None:
    url = begin(person_client)
    patch(person_client, url, CONTENT[:100], 0)

    for other in (stranger_client, owner_client):
        assert other.head(url, headers=TUS).status_code == 404
        assert patch(other, url, b"mine", 100).status_code == 404
        assert other.delete(url, headers=TUS).status_code == 404
    assert stored(url) == CONTENT[:100]


def test_a_visitor_without_a_login_sees_none(client: Client, person_client: Client) -> None:
    url = begin(person_client)

    for response in (client.head(url, headers=TUS), patch(client, url, b"x", 0), client.delete(url, headers=TUS)):
        assert response.status_code == 401
    assert offset_of(person_client, url) == 0


def test_without_the_version_nothing_is_taken(person_client: Client) -> None:
    url = begin(person_client)

    response = person_client.patch(url, b"x", content_type=TYPE, headers={"Upload-Offset": "0"})

    assert response.status_code == 412
    assert offset_of(person_client, url) == 0


def test_other_ways_in_are_closed(person_client: Client) -> None:
    url = begin(person_client)

    assert person_client.get(url, headers=TUS).status_code == 405
    assert person_client.put(url, b"x", headers=TUS).status_code == 405


@pytest.mark.expects_errors
def test_a_full_disk_keeps_what_is_stored_and_the_upload_goes_on_when_there_is_room(
    person_client: Client, enqueued: EnqueuedTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    url = begin(person_client)
    patch(person_client, url, CONTENT[:4000], 0)
    with monkeypatch.context() as patched:
        patched.setattr("upscaler.intake.tus.os.fsync", full)
        answer = patch(person_client, url, CONTENT[4000:], 4000)
    assert (answer.status_code, answer.text) == (507, NO_SPACE)
    with monkeypatch.context() as patched:
        patched.setattr(disk_space, "free_bytes", lambda: 0)
        assert patch(person_client, url, CONTENT[4000:], 4000).status_code == 507
    assert offset_of(person_client, url) == 4000

    assert patch(person_client, url, CONTENT[4000:], 4000).status_code == 204

    assert factories.stored(Video.objects.get().key) == CONTENT
