"""The watched folder: what has stopped growing is taken in once, and stays where it is."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from tests import factories
from tests.conftest import browser_of
from tests.fakes import EnqueuedTasks
from tests.page import Page
from upscaler.intake import copy_in, upload_policy, watcher
from upscaler.intake.watcher import Watcher
from upscaler.jobs.base.failures import UNEXPECTED
from upscaler.models import User, Video, VideoState, Watch, WatchedFile

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("enqueued", "owner")]


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    folder = tmp_path / "watched"
    folder.mkdir()
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, watch=folder, watch_owner="")
    return folder


class Looks:
    """Looks of one watcher, on a clock of the test's."""

    def __init__(self, folder: Path, owner: str = "") -> None:
        self.watcher = Watcher(folder, owner)
        self.now = 1000.0

    def look(self, *, after: float = 5.0) -> list[str]:
        """What there is of videos then, by their names."""
        self.now += after
        self.watcher.look(self.now)
        return list(Video.objects.order_by("original_name").values_list("original_name", flat=True))


def test_a_file_is_taken_when_two_looks_ten_seconds_apart_found_the_same(
    folder: Path, owner: User, enqueued: EnqueuedTasks
) -> None:
    (folder / "Blood_Gulch.avi").write_bytes(b"frames")
    looks = Looks(folder)

    assert looks.look() == []
    assert looks.look(after=9.9) == []
    assert looks.look(after=0.1) == ["Blood_Gulch.avi"]

    video = Video.objects.get()
    assert (video.owner, video.title, video.size, video.state) == (owner, "Blood Gulch", 6, VideoState.PROBING)
    assert factories.stored(video.key) == b"frames"
    assert [(task.queue, task.name, task.arguments) for task in enqueued] == [
        ("cpu", "take_in_video", (str(video.pk),))
    ]


def test_one_that_grows_is_waited_for(folder: Path) -> None:
    file = folder / "clip.avi"
    looks = Looks(folder)
    for size in (1, 2, 3):
        file.write_bytes(bytes(size))
        assert looks.look(after=60) == []
    assert Watch.objects.get().growing == 1
    assert looks.look(after=60) == ["clip.avi"]
    assert Watch.objects.get().growing == 0
    assert Video.objects.get().size == 3


def test_it_is_taken_once_also_after_a_restart_and_under_another_name(folder: Path) -> None:
    file = folder / "clip.avi"
    file.write_bytes(b"frames")
    for looks in (Looks(folder), Looks(folder), Looks(folder)):
        for _ in range(3):
            assert looks.look(after=20) in ([], ["clip.avi"])
    file.rename(folder / "other name.avi")
    looks = Looks(folder)
    looks.look()
    assert looks.look(after=20) == ["clip.avi"]


def test_another_file_of_the_same_name_is_another_video(folder: Path) -> None:
    file = folder / "clip.avi"
    file.write_bytes(b"frames")
    looks = Looks(folder)
    looks.look()
    looks.look(after=20)
    file.write_bytes(b"other frames")
    looks.look()
    assert looks.look(after=20) == ["clip.avi", "clip.avi"]


def test_a_video_that_was_deleted_does_not_come_back(folder: Path) -> None:
    (folder / "clip.avi").write_bytes(b"frames")
    looks = Looks(folder)
    looks.look()
    looks.look(after=20)
    Video.objects.all().delete()

    assert looks.look(after=20) == []
    assert Looks(folder).look(after=20) == []


def test_two_that_look_at_once_make_one_video_of_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "clip.avi").write_bytes(b"frames")
    one, other = Looks(folder), Looks(folder)
    for looks in (one, other):
        looks.look()
    copy = copy_in._copy

    def copy_second(file: copy_in.FolderFile, target: Path) -> None:
        monkeypatch.setattr(copy_in, "_copy", copy)
        other.look(after=20)
        copy(file, target)

    monkeypatch.setattr(copy_in, "_copy", copy_second)

    assert one.look(after=20) == ["clip.avi"]
    assert one.look(after=20) == other.look(after=20) == ["clip.avi"]
    assert factories.stored(Video.objects.get().key) == b"frames"


def test_the_source_is_left_as_it_is(folder: Path) -> None:
    file = folder / "clip.avi"
    file.write_bytes(b"frames")
    os.utime(file, ns=(1_000_000_000, 2_000_000_000))
    file.chmod(0o640)
    before = file.stat()
    looks = Looks(folder)
    looks.look()
    looks.look(after=20)
    Video.objects.get().delete()

    after = file.stat()
    assert file.read_bytes() == b"frames"
    assert [getattr(before, f"st_{name}") for name in ("ino", "mode", "uid", "gid", "size", "mtime_ns")] == [
        getattr(after, f"st_{name}") for name in ("ino", "mode", "uid", "gid", "size", "mtime_ns")
    ]


@pytest.mark.parametrize("way", ["clone", "link", "copy"])
def test_however_it_is_brought_it_is_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    if way != "clone":
        monkeypatch.setattr(copy_in, "_clone", lambda source, target: False)
    if way == "copy":
        monkeypatch.setattr(copy_in, "_link", lambda file, source, target: False)
    (folder / "clip.avi").write_bytes(b"frames" * 1000)
    looks = Looks(folder)
    looks.look()
    looks.look(after=20)

    assert factories.stored(Video.objects.get().key) == b"frames" * 1000


@pytest.mark.usefixtures("each_storage")
def test_it_is_the_same_wherever_media_lies(folder: Path) -> None:
    (folder / "clip.avi").write_bytes(b"frames" * 1000)
    looks = Looks(folder)
    looks.look()
    looks.look(after=20)

    assert factories.stored(Video.objects.get().key) == b"frames" * 1000
    assert (folder / "clip.avi").read_bytes() == b"frames" * 1000


def test_subfolders_too_and_nothing_that_is_hidden_unfinished_or_no_video(folder: Path) -> None:
    for name in (
        "2004/june/a.wmv",
        "b.AVI",
        ".c.avi",
        "d.avi.part",
        "e.wmv.crdownload",
        ".trash/f.avi",
        "g.txt",
        "h.xyz",
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    (folder / "link.avi").symlink_to(folder / "b.AVI")
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.avi")
    looks = Looks(folder)
    looks.look()

    assert looks.look(after=20) == ["a.wmv", "b.AVI"]
    assert Watch.objects.get().others == 2
    assert {file.path for file in WatchedFile.objects.all()} == {"2004/june/a.wmv", "b.AVI"}


def test_names_that_are_no_text_are_taken_too(folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/fr\xe4gs \xff.avi")).write_bytes(b"frames")
    looks = Looks(folder)
    looks.look()

    assert looks.look(after=20) == [r"fr\xe4gs \xff.avi"]
    assert Looks(folder).look(after=20) == [r"fr\xe4gs \xff.avi"]


def test_what_can_not_be_taken_is_said_and_tried_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "empty.avi").touch()
    (folder / "late.avi").write_bytes(b"frames")
    monkeypatch.setattr(upload_policy, "free_bytes", lambda: 0)
    looks = Looks(folder)
    looks.look()
    assert looks.look(after=20) == []
    reasons = dict(WatchedFile.objects.values_list("path", "reason"))
    assert "empty" in reasons["empty.avi"]
    assert "Not enough space" in reasons["late.avi"]

    monkeypatch.undo()
    (folder / "empty.avi").unlink()
    assert looks.look() == ["late.avi"]
    assert list(WatchedFile.objects.values_list("path", "reason")) == [("late.avi", "")]


@pytest.mark.expects_errors
def test_a_file_that_nobody_foresaw_keeps_no_other_from_being_taken(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = copy_in.copy_in

    def adopted(file: copy_in.FolderFile, owner: User) -> None:
        if file.name == "a.avi":
            raise ValueError("what nobody foresaw")
        real(file, owner)

    for name in ("a.avi", "b.avi"):
        (folder / name).write_bytes(b"frames")
    monkeypatch.setattr(copy_in, "copy_in", adopted)
    looks = Looks(folder)
    looks.look()

    assert looks.look(after=20) == ["b.avi"]
    assert looks.look(after=20) == ["b.avi"]
    assert dict(WatchedFile.objects.exclude(reason="").values_list("path", "reason")) == {"a.avi": UNEXPECTED}
    assert [record.levelname for record in caplog.records if record.exc_info] == ["ERROR"], "once, not at every look"


def test_a_file_that_can_not_be_read_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> int:
        raise PermissionError(13, "Permission denied")

    (folder / "clip.avi").write_bytes(b"frames")
    monkeypatch.setattr(os, "open", refuse)
    looks = Looks(folder)
    looks.look()
    looks.look(after=20)

    assert WatchedFile.objects.get().reason == "Can't be read or copied: Permission denied."
    assert not Video.objects.exists()


def test_one_that_changes_while_it_is_taken_is_waited_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = folder / "clip.avi"
    file.write_bytes(b"frames")

    def link_and_grow(*arguments: object) -> bool:
        with file.open("ab") as more:
            more.write(b" and more")
        return False

    monkeypatch.setattr(copy_in, "_link", link_and_grow)
    monkeypatch.setattr(copy_in, "_clone", lambda source, target: False)
    looks = Looks(folder)
    looks.look()
    assert looks.look(after=20) == []
    assert not WatchedFile.objects.exists()
    assert factories.files_under("videos") == []
    monkeypatch.undo()
    looks.look()
    assert looks.look(after=20) == ["clip.avi"]
    assert Video.objects.get().size == len(b"frames and more")


def test_a_folder_that_is_not_there_is_said(folder: Path, owner_client: Client) -> None:
    folder.rmdir()
    Looks(folder).look()

    assert "doesn't exist or can't be reached" in Watch.objects.get().error
    assert "doesn't exist or can't be reached" in Page(owner_client.get("/upload/")).text('#watched [role="alert"]')


def test_whose_they_become_is_set(folder: Path, person: User) -> None:
    (folder / "clip.avi").write_bytes(b"frames")
    person.auto_upscale, person.default_kind = False, "halo-ce"
    person.save()
    looks = Looks(folder, "miranda")
    looks.look()
    looks.look(after=20)

    video = Video.objects.get()
    assert (video.owner, video.starts_job, video.kind) == (person, False, "halo-ce")


def test_an_account_that_there_is_not_is_said_and_nothing_taken(folder: Path) -> None:
    (folder / "clip.avi").write_bytes(b"frames")
    looks = Looks(folder, "nobody")
    looks.look()

    assert looks.look(after=20) == []
    assert "no such account" in Watch.objects.get().error


def test_a_folder_that_hangs_holds_up_nobody(
    folder: Path, monkeypatch: pytest.MonkeyPatch, owner_client: Client
) -> None:
    begun, ended, answers = threading.Event(), threading.Event(), threading.Event()

    def hang(*arguments: object) -> None:
        begun.set()
        answers.wait(30)

    monkeypatch.setattr(Watcher, "look", hang)
    watcher.begin(ended)
    assert begun.wait(10)

    assert "Not checked yet" in Page(owner_client.get("/upload/")).text("#watched")
    ended.set()
    answers.set()


def test_who_may_see_it(
    folder: Path, owner_client: Client, person: User, person_client: Client, stranger_client: Client, client: Client
) -> None:
    (folder / "clip.avi").write_bytes(b"frames")
    looks = Looks(folder, "miranda")
    looks.look()
    looks.look(after=20)
    link = f'a[href="/videos/{Video.objects.get().pk}/"]'

    assert Page(person_client.get("/upload/")).text(f"#watched {link}") == "clip.avi"
    watched = Page(owner_client.get("/upload/")).one("#watched")
    assert "clip.avi" in watched.text()
    assert not watched.has(link), "the owner of the server does not see into libraries"
    assert not Page(stranger_client.get("/upload/")).has("#watched")
    assert client.get("/upload/").status_code == 302


def test_the_page_asks_no_more_for_many_files(
    folder: Path, owner: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    Watch.objects.create(pk=1, folder=str(folder), owner=owner)
    for number in range(60):
        WatchedFile.objects.create(path=f"{number}.avi", size=1, mtime_ns=1, inode=str(number), reason="")
        WatchedFile.objects.create(path=f"wrong {number}.avi", size=0, mtime_ns=0, inode="", reason="It is empty.")

    browser = browser_of(owner)
    with django_assert_max_num_queries(10):
        response = browser.get("/upload/")

    watched = Page(response).text("#watched")
    assert "of 60)" in watched
    assert "60 in total" in watched
