"""On the file system nothing is copied: it is read where it lies, and moved by a rename."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from tests import factories
from upscaler.media import files

OTHER = Path("/dev/shm")


def test_a_source_is_the_file_itself(settings: Settings) -> None:
    factories.store("videos/1/original", b"frames")

    with files.source_path("videos/1/original") as path:
        assert path == Path(settings.MEDIA_ROOT) / "videos/1/original"
    assert files.working_path("videos/1/original") == path
    assert not Path(settings.SCRATCH).exists()


def test_a_move_is_a_rename(tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.write_bytes(b"frames")
    number = made.stat().st_ino

    files.store_file(made, "jobs/1/result.mp4")

    with files.source_path("jobs/1/result.mp4") as path:
        assert path.stat().st_ino == number


def test_media_that_is_mounted_from_elsewhere_gets_a_whole_copy(tmp_path: Path, settings: Settings) -> None:
    if not OTHER.is_dir() or OTHER.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs a second file system")
    made = OTHER / f"haloweb-{tmp_path.name}"
    made.write_bytes(b"frames")
    try:
        files.store_file(made, "jobs/1/result.mp4")
        assert not made.exists()
    finally:
        made.unlink(missing_ok=True)

    assert factories.files_under("jobs/1") == ["result.mp4"]
    assert factories.stored("jobs/1/result.mp4") == b"frames"
