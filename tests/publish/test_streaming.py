"""Media of object storage comes through us, piece by piece."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.core.files.storage import default_storage

from tests import factories
from tests.publish.conftest import Ask
from upscaler.media.stored import StorageTrouble
from upscaler.models import Artifact
from upscaler.publish.streaming import ObjectResponse

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("object_storage")]

CONTENT = bytes(range(256)) * 20_000
"""5 MB."""


@pytest.fixture
def pieces(object_storage: object, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The ranges that are asked of the storage."""
    heard: list[tuple[int, int]] = []
    kind: Any = default_storage.__class__
    true_read = kind.read

    def read(self: Any, stored: Any, start: int, end: int) -> bytes:
        heard.append((start, end))
        part: bytes = true_read(self, stored, start, end)
        return part

    monkeypatch.setattr(kind, "read", read)
    return heard


async def store(artifact: Artifact, content: bytes) -> None:
    await sync_to_async(factories.store)(artifact.key, content)


async def test_no_more_than_a_piece_is_held_at_a_time(
    as_person: Ask, result: Artifact, pieces: list[tuple[int, int]]
) -> None:
    await store(result, CONTENT)

    response = await as_person(f"/media/{result.pk}")

    assert response.content == CONTENT
    assert [start for start, _ in pieces] == list(range(0, len(CONTENT), ObjectResponse.chunk_size))
    assert max(end - start for start, end in pieces) == ObjectResponse.chunk_size


async def test_only_the_bytes_that_were_asked_are_read(
    as_person: Ask, result: Artifact, pieces: list[tuple[int, int]]
) -> None:
    await store(result, CONTENT)

    await as_person(f"/media/{result.pk}", "HEAD")
    assert pieces == []
    await as_person(f"/media/{result.pk}", Range="bytes=1000000-1000099,3000000-3000000")
    assert pieces == [(1000000, 1000100), (3000000, 3000001)]


async def test_nobody_is_sent_to_the_storage_itself(as_person: Ask, result: Artifact, s3_server: str) -> None:
    response = await as_person(f"/media/{result.pk}")

    assert response.status_code == 200
    assert "location" not in response.headers
    assert httpx.URL(s3_server).netloc.decode() not in str(response.headers)


async def test_a_file_that_is_replaced_under_a_download_ends_it_and_is_not_mixed_in(
    as_person: Ask, result: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store(result, CONTENT)
    kind: Any = default_storage.__class__
    true_read = kind.read

    def then_replaced(self: Any, stored: Any, start: int, end: int) -> bytes:
        part: bytes = true_read(self, stored, start, end)
        factories.store(result.key, CONTENT[::-1])
        return part

    monkeypatch.setattr(kind, "read", then_replaced)

    with pytest.raises(StorageTrouble, match="Try again"):
        await as_person(f"/media/{result.pk}")


async def test_a_server_that_sends_files_by_itself_is_given_none(result: Artifact) -> None:
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing to receive")

    storage: Any = default_storage
    stored = await sync_to_async(storage.head)(result.key)
    scope = {"type": "http", "method": "GET", "headers": [], "extensions": {"http.response.pathsend": {}}}
    await ObjectResponse(stored, media_type="video/mp4")({**scope, "asgi": {"spec_version": "2.4"}}, receive, send)

    assert [message["type"] for message in sent] == ["http.response.start", *["http.response.body"] * (len(sent) - 1)]
    assert b"".join(message.get("body", b"") for message in sent) == b"0123456789"


async def test_a_storage_that_is_away_is_said(as_person: Ask, result: Artifact, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("away")

    response = await as_person(f"/media/{result.pk}")

    assert response.status_code == 503
    assert "Media storage isn't responding" in response.text
