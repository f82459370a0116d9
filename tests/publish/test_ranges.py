"""Players ask for parts of files: RFC 9110's ranges and conditions."""

from __future__ import annotations

import re

import pytest
from asgiref.sync import sync_to_async

from tests import factories
from tests.publish.conftest import Ask
from upscaler.models import Artifact

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("each_storage")]


def url_of(artifact: Artifact) -> str:
    return f"/media/{artifact.pk}"


async def test_a_whole_file(as_person: Ask, result: Artifact) -> None:
    response = await as_person(url_of(result))

    assert (response.status_code, response.content) == (200, b"0123456789")
    assert response.headers["accept-ranges"] == "bytes"
    assert response.headers["content-length"] == "10"
    assert response.headers["content-type"] == "video/mp4"
    assert response.headers["etag"] == f'"{result.sha256}"'


@pytest.mark.parametrize(
    ("asked", "content", "said"),
    [
        ("bytes=0-0", b"0", "bytes 0-0/10"),
        ("bytes=2-5", b"2345", "bytes 2-5/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=8-100", b"89", "bytes 8-9/10"),
        ("bytes=-100", b"0123456789", "bytes 0-9/10"),
    ],
)
async def test_a_part_of_a_file(as_person: Ask, result: Artifact, asked: str, content: bytes, said: str) -> None:
    response = await as_person(url_of(result), Range=asked)

    assert (response.status_code, response.content, response.headers["content-range"]) == (206, content, said)
    assert response.headers["content-length"] == str(len(content))
    assert response.headers["content-type"] == "video/mp4"


async def test_several_parts_at_once(as_person: Ask, result: Artifact) -> None:
    response = await as_person(url_of(result), Range="bytes=0-1,8-9")

    assert response.status_code == 206
    kind = re.fullmatch(r"multipart/byteranges; boundary=(\S+)", response.headers["content-type"])
    assert kind
    parts = response.content.split(b"--" + kind[1].encode())[1:-1]
    assert [part.partition(b"\r\n\r\n")[2].rstrip(b"\r\n") for part in parts] == [b"01", b"89"]
    assert b"Content-Range: bytes 0-1/10" in parts[0].title() or b"bytes 0-1/10" in parts[0]
    assert b"bytes 8-9/10" in parts[1]


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=100-200"])
async def test_a_part_that_is_not_there(as_person: Ask, result: Artifact, asked: str) -> None:
    response = await as_person(url_of(result), Range=asked)

    assert response.status_code == 416
    assert response.headers["content-range"].endswith("*/10")
    assert b"0123456789" not in response.content


@pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=a-b", "bytes=", "frames=1-2"])
async def test_a_range_that_means_nothing_never_gives_other_bytes(as_person: Ask, result: Artifact, asked: str) -> None:
    response = await as_person(url_of(result), Range=asked)

    assert response.status_code in (200, 400, 416)
    assert response.content == b"0123456789" or b"0123" not in response.content


async def test_head_gives_the_headers_alone(as_person: Ask, result: Artifact) -> None:
    response = await as_person(url_of(result), "HEAD")

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-length"] == "10"
    assert response.headers["etag"] == f'"{result.sha256}"'


@pytest.mark.parametrize("form", ['"{}"', 'W/"{}"', '"other", "{}"'])
async def test_what_the_browser_has_is_not_sent_again(as_person: Ask, result: Artifact, form: str) -> None:
    response = await as_person(url_of(result), If_None_Match=form.format(result.sha256))

    assert (response.status_code, response.content) == (304, b"")
    assert response.headers["etag"] == f'"{result.sha256}"'
    assert "max-age" in response.headers["cache-control"]


async def test_another_version_is_sent_whole(as_person: Ask, result: Artifact) -> None:
    response = await as_person(url_of(result), If_None_Match='"other"')

    assert (response.status_code, response.content) == (200, b"0123456789")


async def test_a_part_of_the_same_version_goes_on(as_person: Ask, result: Artifact) -> None:
    response = await as_person(url_of(result), Range="bytes=5-", If_Range=f'"{result.sha256}"')

    assert (response.status_code, response.content) == (206, b"56789")


async def test_a_part_of_another_version_begins_again(as_person: Ask, result: Artifact) -> None:
    response = await as_person(url_of(result), Range="bytes=5-", If_Range='"other"')

    assert (response.status_code, response.content) == (200, b"0123456789")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_files_are_only_read(as_person: Ask, result: Artifact, method: str) -> None:
    response = await as_person(url_of(result), method)

    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD"


async def test_a_file_larger_than_one_read_arrives_whole(as_person: Ask, result: Artifact) -> None:
    content = bytes(range(256)) * 10_000
    await sync_to_async(factories.store)(result.key, content)

    assert (await as_person(url_of(result))).content == content
    assert (await as_person(url_of(result), Range="bytes=100000-400000")).content == content[100000:400001]
