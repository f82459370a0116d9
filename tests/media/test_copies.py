"""Local copies of objects: made once, never deleted under a reader, and no more of them than the settings say."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from pytest_django import Settings

from tests import factories
from upscaler.media import copies, files
from upscaler.media.stored import Gone, StorageTrouble
from upscaler.pipeline.core.errors import Stopped

pytestmark = pytest.mark.usefixtures("object_storage")

KEY = "videos/1/original"


@pytest.fixture
def fetched(object_storage: object, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys whose bytes were downloaded."""
    heard: list[str] = []
    kind: Any = default_storage.__class__
    true_download = kind.download

    def download(self: Any, stored: Any, file: Any, tell: Any) -> None:
        heard.append(stored.key)
        true_download(self, stored, file, tell)

    monkeypatch.setattr(kind, "download", download)
    return heard


@pytest.fixture
def limit(settings: Settings) -> Iterator[int]:
    """Three objects of 1000 bytes, and no fourth."""
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, scratch_bytes=3500)
    yield 3500


def copied() -> list[str]:
    folder = copies.path_of("")
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_an_object_is_downloaded_once(fetched: list[str], settings: Settings) -> None:
    factories.store(KEY, b"frames")

    for _ in range(3):
        with files.source_path(KEY) as path:
            assert path == Path(settings.SCRATCH) / "copies" / KEY
            assert path.read_bytes() == b"frames"

    assert fetched == [KEY]


def test_many_who_want_it_at_once_wait_for_one_download(fetched: list[str]) -> None:
    factories.store(KEY, b"x" * 100_000)
    together = threading.Barrier(8)

    def read(_: int) -> bytes:
        together.wait(10)
        return factories.stored(KEY)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(read, range(8))) == {b"x" * 100_000}
    assert fetched == [KEY]


def test_another_version_is_downloaded_again(fetched: list[str]) -> None:
    factories.store(KEY, b"first")
    assert factories.stored(KEY) == b"first"

    factories.store(KEY, b"the second")

    assert factories.stored(KEY) == b"the second"
    assert fetched == [KEY, KEY]


def test_what_was_not_wanted_for_longest_goes_first(limit: int) -> None:
    for name in "abc":
        factories.store(name, name.encode() * 1000)
        factories.stored(name)
        time.sleep(0.01)
    factories.stored("a")
    factories.store("d", b"d" * 1000)

    factories.stored("d")

    assert copied() == ["a", "c", "d"]
    assert factories.stored("b") == b"b" * 1000


def test_what_is_in_use_stays_even_beyond_the_limit_and_goes_afterwards(limit: int) -> None:
    keys = list("abcde")
    for name in keys:
        factories.store(name, name.encode() * 1000)

    with files.source_paths(keys) as paths:
        assert [path.read_bytes()[:1].decode() for path in paths] == keys

    assert sum((copies.path_of("") / name).stat().st_size for name in copied()) <= limit


def test_without_room_for_any_copy_everybody_still_gets_their_bytes(settings: Settings) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, scratch_bytes=0)
    keys = [f"jobs/{number}/segment" for number in range(3)]
    for key in keys:
        factories.store(key, key.encode() * 100)

    def read(number: int) -> bool:
        key = keys[number % len(keys)]
        return factories.stored(key) == key.encode() * 100

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(read, range(30)))
    assert copied() == []


def test_a_download_that_a_dead_worker_began_is_begun_again(fetched: list[str]) -> None:
    factories.store(KEY, b"frames")
    part = copies.path_of(KEY + copies.PART)
    part.parent.mkdir(parents=True)
    part.write_bytes(b"half of something that is much longer")

    assert factories.stored(KEY) == b"frames"
    assert copied() == [KEY]


def test_whoever_is_told_while_bytes_come_can_end_it(fetched: list[str]) -> None:
    factories.store(KEY, os.urandom(3_000_000))
    heard: list[int] = []
    mine = threading.get_ident()

    def tell(count: int) -> None:
        assert threading.get_ident() == mine
        heard.append(count)
        if len(heard) == 2:
            raise Stopped

    with pytest.raises(Stopped), files.source_path(KEY, tell):
        pass
    assert KEY not in copied()

    assert len(factories.stored(KEY)) == 3_000_000


def test_whoever_is_told_while_bytes_go_can_end_it() -> None:
    files.working_path(KEY).write_bytes(os.urandom(20_000_000))
    mine = threading.get_ident()

    def tell(count: int) -> None:
        assert threading.get_ident() == mine
        raise Stopped

    with pytest.raises(Stopped):
        files.commit_file(KEY, tell)
    assert not factories.has_file(KEY)

    files.commit_file(KEY)
    assert len(factories.stored(KEY)) == 20_000_000
    assert not files.working_path(KEY).exists()


def test_bytes_that_are_missing_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    factories.store(KEY, b"frames")
    kind: Any = default_storage.__class__
    true_head = kind.head

    def one_more(self: Any, key: str) -> Any:
        found = true_head(self, key)
        return replace(found, size=found.size + 1)

    monkeypatch.setattr(kind, "head", one_more)

    with pytest.raises(StorageTrouble) as trouble, files.source_path(KEY):
        pass
    assert trouble.value.detail == f"{KEY}: got 6 of 7 bytes"
    assert not trouble.value.permanent
    files.working_path(KEY).write_bytes(b"again")
    with pytest.raises(StorageTrouble):
        files.commit_file(KEY)
    assert files.working_path(KEY).exists()


def test_an_object_that_is_not_there_is_said_to_be_gone() -> None:
    with pytest.raises(Gone) as gone, files.source_path(KEY):
        pass
    assert gone.value.permanent


def test_a_storage_that_is_away_is_said_in_a_sentence(away: None) -> None:
    with pytest.raises(StorageTrouble) as trouble, files.source_path(KEY):
        pass
    assert "Try again later" in trouble.value.message
    assert "nowhere" in trouble.value.detail

    files.delete_file(KEY)  # is logged, and does not hide what went wrong before


def test_a_deleted_object_leaves_no_copy_on_this_machine() -> None:
    for key in (KEY, "jobs/1/segments/1.mp4", "jobs/1/result.mp4", "jobs/2/result.mp4"):
        factories.store(key, b"frames")
        factories.stored(key)

    files.delete_file(KEY)
    files.folder_delete("jobs/1")

    assert copied() == ["jobs/2/result.mp4"]


def test_what_a_dead_worker_was_writing_goes_after_two_days() -> None:
    left, fresh = files.working_path("jobs/1/left"), files.working_path("jobs/2/fresh")
    for path in (left, fresh):
        path.write_bytes(b"half")
    long_ago = time.time() - 3 * 24 * 3600
    os.utime(left, (long_ago, long_ago))

    files.working_path("jobs/3/new")

    assert (left.exists(), fresh.exists()) == (False, True)


def test_a_file_of_somebody_else_among_the_copies_ends_nothing(limit: int) -> None:
    foreign = copies.path_of("lost+found")
    foreign.parent.mkdir(parents=True)
    foreign.symlink_to(foreign)  # can't be opened by anybody
    for number in range(5):
        factories.store(f"videos/{number}/original", bytes(1000))
        with files.source_path(f"videos/{number}/original") as path:
            assert path.stat().st_size == 1000

    assert len(copied()) == 3
