"""A video comes from its address, from a site of this test."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clips import make_clip
from tests.pipeline.fetch.site import Site, running_site
from upscaler.pipeline.core.errors import Refused, Stopped
from upscaler.pipeline.fetch import parent
from upscaler.pipeline.fetch.child import MAX_PAGE_BYTES
from upscaler.pipeline.fetch.parent import Fetched, fetch

pytest.importorskip("yt_dlp", reason="yt-dlp is not installed: requirements-import.txt")

LOOPBACK = "tests.pipeline.fetch.anywhere"
WITHOUT_REQUESTS = "tests.pipeline.fetch.without_requests"


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as site:
        yield site


@pytest.fixture
def content(tmp_path: Path) -> bytes:
    return make_clip(tmp_path / "clip.mp4", frames=10, sound=None).read_bytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def get(
    address: str, folder: Path, *, max_bytes: int = 10**8, told: list[int] | None = None, child: str = LOOPBACK
) -> Fetched:
    def report(here: int, total: int | None) -> None:
        if told is not None:
            told.append(here)

    return fetch(
        address,
        folder,
        max_bytes=max_bytes,
        stall_seconds=60,
        report=report,
        allows=lambda address: True,
        child=child,
    )


def test_a_file_is_the_same_to_the_byte(site: Site, folder: Path, content: bytes) -> None:
    site.pages["/clips/Blood Gulch.mp4".replace(" ", "%20")] = ("video/mp4", content)
    told: list[int] = []

    fetched = get(f"{site.url}/clips/Blood%20Gulch.mp4", folder, told=told)

    assert fetched.file.read_bytes() == content
    assert fetched.file.parent == folder
    assert fetched.title == "Blood Gulch"
    assert [path.name for path in folder.iterdir()] == [fetched.file.name]
    assert told == sorted(told)


def test_a_page_with_a_video_in_it_will_do(site: Site, folder: Path, content: bytes) -> None:
    site.pages["/watch"] = ("text/html", b"<title>Old days</title><video src='/film.mp4' controls></video>")
    site.pages["/film.mp4"] = ("video/mp4", content)

    assert get(f"{site.url}/watch", folder).file.read_bytes() == content


def packed(mebibytes: int, first: bytes = b"") -> bytes:
    """A page of blanks as gzip."""
    packer = zlib.compressobj(1, wbits=zlib.MAX_WBITS | 16)
    parts = [packer.compress(first), *(packer.compress(b" " * 1024**2) for _ in range(mebibytes)), packer.flush()]
    return b"".join(parts)


def test_a_packed_page_is_read(site: Site, folder: Path, content: bytes) -> None:
    site.pages["/watch"] = ("text/html", packed(1, b"<title>Old days</title><video src='/film.mp4'></video>"))
    site.packed.add("/watch")
    site.pages["/film.mp4"] = ("video/mp4", content)

    assert get(f"{site.url}/watch", folder).file.read_bytes() == content


@pytest.mark.parametrize("child", [LOOPBACK, WITHOUT_REQUESTS])
def test_a_page_that_fills_the_memory_is_refused(
    child: str, site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without requests, yt-dlp unpacks all of a page before anybody reads it."""
    monkeypatch.setattr(parent, "MEMORY_BYTES", 512 * 1024**2)
    site.pages["/watch"] = ("text/html", packed(600, b"<title>Old days</title>"))
    site.packed.add("/watch")

    with pytest.raises(Refused, match=r"too large for a page with a video"):
        get(f"{site.url}/watch", folder, child=child)


def test_a_page_is_read_to_a_bound(site: Site, folder: Path) -> None:
    site.pages["/watch"] = ("text/html", b"<title>Old days</title>" + b" " * (MAX_PAGE_BYTES + 1024))

    with pytest.raises(Refused, match=r"too large for a page with a video"):
        get(f"{site.url}/watch", folder)


@pytest.mark.parametrize(
    "target", ["http://127.0.0.2:9/x.mp4", "http://[::1]:9/x.mp4", "http://169.254.169.254/latest"]
)
def test_no_redirect_leads_into_this_network(site: Site, folder: Path, target: str) -> None:
    site.leads["/clip.mp4"] = target

    with pytest.raises(Refused, match="isn't on the public internet"):
        get(f"{site.url}/clip.mp4", folder)


def test_no_page_leads_into_this_network(site: Site, folder: Path) -> None:
    site.pages["/watch"] = ("text/html", b"<title>x</title><video src='http://127.0.0.2:9/film.mp4'></video>")

    with pytest.raises(Refused, match="isn't on the public internet"):
        get(f"{site.url}/watch", folder)


def test_without_the_way_of_this_test_loopback_is_refused(site: Site, folder: Path, content: bytes) -> None:
    site.pages["/clip.mp4"] = ("video/mp4", content)

    with pytest.raises(Refused, match="isn't on the public internet"):
        fetch(f"{site.url}/clip.mp4", folder, max_bytes=10**8, stall_seconds=60, report=lambda here, total: None)
    with pytest.raises(Refused, match="isn't on the public internet"):
        # a name that was looked up anew: the first look let it pass, the process that fetches does not
        fetch(
            f"{site.url}/clip.mp4",
            folder,
            max_bytes=10**8,
            stall_seconds=60,
            report=lambda here, total: None,
            allows=lambda address: True,
        )
    assert site.asked == []


@pytest.mark.parametrize("path", ["/nothing.mp4", "/page", "/"])
def test_what_is_no_video_is_said(site: Site, folder: Path, path: str) -> None:
    site.pages["/page"] = ("text/html", b"<title>Hello</title>Nothing moves here.")

    with pytest.raises(Refused, match="No downloadable video"):
        get(site.url + path, folder)


def test_a_file_over_the_limit_is_not_taken(site: Site, folder: Path, content: bytes) -> None:
    site.pages["/clip.mp4"] = ("video/mp4", content)

    with pytest.raises(Refused, match="larger than this server's limit"):
        get(f"{site.url}/clip.mp4", folder, max_bytes=len(content) - 1)


def test_whoever_is_told_may_end_it(site: Site, folder: Path) -> None:
    site.pages["/clip.mp4"] = ("video/mp4", bytes(8 * 1024**2))
    site.pause_seconds = 0.2
    seen = threading.Event()

    def report(here: int, total: int | None) -> None:
        if here:
            seen.set()
            raise Stopped

    with pytest.raises(Stopped):
        fetch(
            f"{site.url}/clip.mp4",
            folder,
            max_bytes=10**8,
            stall_seconds=60,
            report=report,
            allows=lambda address: True,
            child=LOOPBACK,
        )
    assert seen.is_set()
