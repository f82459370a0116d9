"""Which machines may work for a server: those of its version, with its key and its media."""

from __future__ import annotations

from pathlib import Path

import pytest

from haloweb.version import fingerprint
from tests import factories
from upscaler.jobs.base import installation
from upscaler.jobs.rendering import runner
from upscaler.jobs.worker import heartbeat
from upscaler.media.files import delete_file
from upscaler.media.stored import StorageTrouble
from upscaler.models import Installation, Job, SegmentState, Worker

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has looked at the media yet."""
    monkeypatch.setattr(installation, "_media", installation._Media())


def test_the_server_s_own_version_and_key_are_taken() -> None:
    assert installation.refusal() == "", "before a server was there"
    installation.install()
    assert installation.refusal() == ""
    installation.install()
    assert Installation.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "words"),
    [({"version": "99.0"}, r"HaloWeb .* and the server 99\.0"), ({"key_check": "?"}, "HALOWEB_SECRET_KEY")],
)
def test_a_worker_of_another_version_or_key_takes_no_work_and_says_why(
    job: Job, values: dict[str, str], words: str
) -> None:
    installation.install()
    Installation.objects.update(**values)

    runner.work()

    assert set(job.segments.values_list("state", "attempt")) == {(SegmentState.WAITING, 0)}
    heartbeat.heartbeat.report("gpu")
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(Worker.objects.get().refuses)


def test_a_machine_without_the_server_s_media_costs_no_attempt(job: Job) -> None:
    installation.install()
    delete_file(installation.MARKER)  # as where a network folder is not mounted

    runner.work()

    assert set(job.segments.values_list("state", "attempt")) == {(SegmentState.WAITING, 0)}
    heartbeat.heartbeat.report("gpu")
    assert Worker.objects.get().refuses == installation.OTHER_MEDIA

    installation.install()
    assert installation.refusal() == ""


@pytest.mark.usefixtures("each_storage")
def test_the_media_is_known_by_its_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    installation.install()
    assert installation.refusal() == ""

    monkeypatch.setattr(installation, "_media", installation._Media())
    factories.store(installation.MARKER, b"another server's")
    assert installation.refusal() == installation.OTHER_MEDIA


def test_while_storage_is_away_nobody_is_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    installation.install()

    def away(key: str) -> None:
        raise StorageTrouble("connection refused")

    monkeypatch.setattr(installation, "source_path", away)
    assert installation.refusal() == ""


def test_programs_that_differ_in_a_line_are_of_different_versions(tmp_path: Path) -> None:
    first, same, other = (written(tmp_path, text) for text in ("a = 1\n", "a = 1\n", "a = 2\n"))
    assert first == same != other


def written(root: Path, text: str) -> str:
    (root / "upscaler" / "jobs").mkdir(parents=True, exist_ok=True)
    (root / "upscaler" / "jobs" / "runner.py").write_text(text)
    (root / "upscaler" / "notes.txt").write_text(text)
    return fingerprint(root)


def test_a_mark_that_is_no_text_is_not_ours() -> None:
    installation.install()
    factories.store(installation.MARKER, b"\xff\xfe of something else")

    assert installation.refusal() == installation.OTHER_MEDIA
