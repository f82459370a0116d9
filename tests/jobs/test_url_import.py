"""A video that is asked for by its address: a row at once, then the file, then as an upload."""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from tests import factories
from tests.clips import make_clip
from tests.fakes import EnqueuedTasks
from tests.pipeline.fetch.site import running_site
from upscaler.jobs.actions import lifecycle
from upscaler.jobs.base.leases import lease
from upscaler.jobs.steps import analysis, url_import
from upscaler.models import Event, SiteSettings, User, Video, VideoState
from upscaler.pipeline.core.errors import Refused, Stopped
from upscaler.pipeline.fetch.parent import Fetched, fetch

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("each_storage")]

ADDRESS = "https://site.example/clips/Blood%20Gulch.avi"


@pytest.fixture(autouse=True)
def switched_on(monkeypatch: pytest.MonkeyPatch) -> None:
    SiteSettings(pk=1, allows_url_import=True).save()
    monkeypatch.setattr(url_import, "is_installed", lambda: True)


@pytest.fixture
def asked(person: User, enqueued: EnqueuedTasks) -> Video:
    return url_import.import_create(owner=person, address=ADDRESS, kind="halo-2", starts_job=False)


@pytest.fixture
def content(tmp_path: Path) -> bytes:
    return make_clip(tmp_path / "clip.avi", frames=10).read_bytes()


def giving(content: bytes, title: str = "A day in Blood Gulch") -> Callable[..., Fetched]:
    """In the place of the process that fetches."""

    def fetch(address: str, folder: Path, *, report: Callable[[int, int | None], None], **values: Any) -> Fetched:
        assert address == ADDRESS
        assert list(folder.iterdir()) == []
        report(len(content) // 2, len(content))
        file = folder / "fetched.avi"
        file.write_bytes(content)
        return Fetched(file, title)

    return fetch


def fetch_held(video: Video, fetch_file: Callable[..., Fetched]) -> None:
    with lease(video, (VideoState.FETCHING,)):
        url_import.fetch_source(video, fetch_file)


def test_there_is_a_row_before_there_is_a_file(asked: Video, enqueued: EnqueuedTasks) -> None:
    assert (asked.state, asked.title, asked.imported_from) == (VideoState.FETCHING, "Blood Gulch.avi", ADDRESS)
    assert (asked.kind, asked.starts_job, asked.size) == ("halo-2", False, 0)
    assert [(task.queue, task.name, task.arguments) for task in enqueued] == [
        ("cpu", "take_in_video", (str(asked.pk),))
    ]


@pytest.mark.parametrize(
    "address",
    [
        f"https://site.example/{'x' * 1500}.avi",
        "https://my_host.example/a.avi",
        f"https://{'a' * 300}.example/",
    ],
)
def test_an_address_that_about_would_not_take_is_fetched_all_the_same(
    person: User, enqueued: EnqueuedTasks, address: str
) -> None:
    video = url_import.import_create(owner=person, address=address, kind="other", starts_job=False)

    video.refresh_from_db()
    assert (video.imported_from, video.source_url) == (address, "")
    video.full_clean()


def test_an_address_that_about_takes_is_where_it_was_found(asked: Video) -> None:
    assert asked.source_url == ADDRESS


def test_the_file_is_measured_as_an_upload_is(asked: Video, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch_source = url_import.fetch_source
    monkeypatch.setattr(url_import, "fetch_source", lambda video: fetch_source(video, giving(content)))

    analysis.take_in(asked.pk)

    asked.refresh_from_db()
    assert (asked.state, asked.size, asked.title) == (VideoState.READY, len(content), "A day in Blood Gulch")
    assert asked.original_name == "A day in Blood Gulch.avi"
    assert asked.sha256 == hashlib.sha256(content).hexdigest()
    assert factories.stored(asked.key) == content
    told = Event.objects.filter(subject=asked.pk, kind="fetched").get()
    assert told.payload == {"kind": "fetched", "bytes": len(content) // 2, "total": len(content)}


def test_a_title_of_a_site_is_kept_without_control_characters(asked: Video, content: bytes) -> None:
    fetch_held(asked, giving(content, "Blood\x1b[2J\u202e Gulch\n2026-11-29 CRITICAL forged Cafe\u0301"))

    asked.refresh_from_db()
    assert asked.title == "Blood [2J Gulch 2026-11-29 CRITICAL forged Caf\u00e9"
    assert asked.original_name == f"{asked.title}.avi"


def test_what_a_site_answers_is_no_line_of_the_log(
    asked: Video, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object, **__: object) -> Fetched:
        raise Refused("There is no video at this address.", detail="x\n2026-11-29 CRITICAL forged\x1b[2J\x85y\u202e")

    fetch_source = url_import.fetch_source
    monkeypatch.setattr(url_import, "fetch_source", lambda video: fetch_source(video, refuse))

    analysis.take_in(asked.pk)

    (record,) = (record for record in caplog.records if "There is no video" in record.getMessage())
    assert record.getMessage().endswith("address.\nx\n2026-11-29 CRITICAL forged [2J\ny")


def test_yt_dlp_brings_it_from_a_site(asked: Video, content: bytes) -> None:
    pytest.importorskip("yt_dlp", reason="yt-dlp is not installed: requirements-import.txt")
    with running_site() as site:
        site.pages["/Blood%20Gulch.avi"] = ("video/x-msvideo", content)
        asked.imported_from = f"{site.url}/Blood%20Gulch.avi"

        fetch_held(asked, partial(fetch, allows=lambda address: True, child="tests.pipeline.fetch.anywhere"))

    asked.refresh_from_db()
    assert (asked.state, asked.title, asked.size) == (VideoState.PROBING, "Blood Gulch", len(content))
    assert factories.stored(asked.key) == content


def test_what_the_settings_bar_is_not_asked(asked: Video, settings: Settings) -> None:
    barred = (ip_network("198.51.100.7/32"),)
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, no_import_from=barred)

    def fetch(address: str, folder: Path, **values: Any) -> Fetched:
        assert values["barred"] == barred
        raise Refused("It is barred.")

    with pytest.raises(Refused, match="barred"):
        url_import.fetch_source(asked, fetch)


def test_a_title_that_its_owner_gave_in_the_meantime_stays(asked: Video, content: bytes) -> None:
    Video.objects.filter(pk=asked.pk).update(title="My clip")

    fetch_held(asked, giving(content))

    asked.refresh_from_db()
    assert asked.title == "My clip"


def test_what_can_not_be_had_is_refused_and_can_be_tried_again(
    asked: Video, content: bytes, monkeypatch: pytest.MonkeyPatch, enqueued: EnqueuedTasks
) -> None:
    def fail(video: Video) -> None:
        raise Refused("There is no video at this address.")

    monkeypatch.setattr(url_import, "fetch_source", fail)
    analysis.take_in(asked.pk)
    asked.refresh_from_db()
    assert (asked.state, asked.error) == (VideoState.REFUSED, "There is no video at this address.")

    assert lifecycle.video_measure_again(video=asked)

    asked.refresh_from_db()
    assert (asked.state, asked.error) == (VideoState.FETCHING, "")


def test_one_that_was_deleted_is_not_wanted_any_more(asked: Video, content: bytes) -> None:
    Video.objects.filter(pk=asked.pk).delete()

    with pytest.raises(Stopped):
        fetch_held(asked, giving(content))
    assert factories.files_under("videos") == []


def test_a_full_disk_ends_it_with_a_sentence(asked: Video, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(url_import, "free_bytes", lambda: 0)

    with pytest.raises(Refused, match="too little disk space"):
        fetch_held(asked, giving(content))


def test_one_at_a_time_so_that_uploads_are_still_measured(asked: Video, person: User) -> None:
    other = url_import.import_create(owner=person, address=ADDRESS, kind="other", starts_job=False)
    Video.objects.filter(pk=other.pk).update(lease_until=timezone.now() + timedelta(seconds=20), leased_by="another")

    analysis.take_in(asked.pk)

    asked.refresh_from_db()
    assert (asked.state, asked.starts) == (VideoState.FETCHING, 0)


def test_of_two_workers_that_begin_at_once_one_fetches(
    asked: Video, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = url_import.import_create(owner=person, address=ADDRESS, kind="other", starts_job=False)
    both_asked, fetched, is_busy = threading.Barrier(2), list[UUID](), url_import.is_busy

    def slowly(*arguments: UUID) -> bool:
        found = is_busy(*arguments)
        with contextlib.suppress(threading.BrokenBarrierError):  # the second has to wait until the first is done
            both_asked.wait(1)
        return found

    def fetch(video: Video) -> None:
        fetched.append(video.pk)
        until = time.monotonic() + 10
        while len(done) < 1 and len(fetched) < 2:  # until the other has begun as well, or was turned away
            assert time.monotonic() < until
            time.sleep(0.02)
        raise Stopped("It is not wanted any more.")

    def work(video: Video) -> None:
        try:
            analysis.take_in(video.pk)
        finally:
            done.append(video.pk)
            connection.close()

    done = list[UUID]()
    monkeypatch.setattr(url_import, "is_busy", slowly)
    monkeypatch.setattr(url_import, "fetch_source", fetch)
    threads = [threading.Thread(target=work, args=(video,)) for video in (asked, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(fetched) == 1


def test_nothing_is_fetched_while_it_is_switched_off(asked: Video, person: User, content: bytes) -> None:
    SiteSettings(pk=1, allows_url_import=False).save()

    with pytest.raises(Refused, match="turned off on this server"):
        fetch_held(asked, giving(content))
    with pytest.raises(Refused, match="turned off on this server"):
        url_import.import_create(owner=person, address=ADDRESS, kind="other", starts_job=False)


def test_without_yt_dlp_it_says_how_to_get_it(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(url_import, "is_installed", lambda: False)

    with pytest.raises(Refused, match=r"requirements-import\.txt"):
        url_import.import_create(owner=person, address=ADDRESS, kind="other", starts_job=False)


def test_the_limit_on_uploads_holds_for_it(asked: Video, settings: Settings, tmp_path: Path) -> None:
    limits = replace(settings.ENVIRONMENT.limits, max_bytes=1234)
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, limits=limits)
    given: dict[str, Any] = {}

    def fetch(address: str, folder: Path, **values: Any) -> Fetched:
        given.update(values)
        raise Refused("no")

    with pytest.raises(Refused):
        fetch_held(asked, fetch)
    assert given["max_bytes"] == 1234
