"""A dataset on disk: captures, harvests, marks, bursts, and what survives."""

from __future__ import annotations

import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests.training.recordings import gliding, plain, record, save_pictures, texture
from upscaler.pipeline.core.errors import Refused, Stopped
from upscaler.pipeline.core.limits import Limits
from upscaler.training.core.capture import Burst, CaptureKind, Split
from upscaler.training.dataset.folder import Dataset
from upscaler.training.dataset.frame import Reason
from upscaler.training.dataset.frame_files import Mark, Shown
from upscaler.training.dataset.harvest_options import HarvestCounts, HarvestOptions

LIMITS = Limits()
WIDTH, HEIGHT = 160, 120
SHORT = HarvestOptions(burst_frames=20, min_burst_frames=10)


@pytest.fixture(scope="module")
def harvested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset with a capture of two bursts, with black between them."""
    folder = tmp_path_factory.mktemp("made")
    dataset = Dataset.create(folder / "dataset", "h1", game="Halo", licence="CC-BY-4.0", target=(WIDTH, HEIGHT))
    frames = gliding(1, 20, WIDTH, HEIGHT) + plain(5, WIDTH, HEIGHT) + gliding(2, 20, WIDTH, HEIGHT)
    dataset.add_capture(record(folder / "Blood Gulch.mkv", frames), LIMITS, map_name="bloodgulch", licence="CC0-1.0")
    dataset.harvest("blood-gulch", SHORT, LIMITS)
    return dataset.folder


@pytest.fixture
def dataset(harvested: Path, tmp_path: Path) -> Dataset:
    return Dataset.open(shutil.copytree(harvested, tmp_path / "dataset"))


def test_a_dataset_is_opened_as_it_was_left(dataset: Dataset) -> None:
    manifest = Dataset.open(dataset.folder).manifest

    (entry,) = manifest.captures
    assert (manifest.name, manifest.game, manifest.licence, manifest.target) == ("h1", "Halo", "CC-BY-4.0", (160, 120))
    assert (entry.capture.id, entry.capture.map, entry.capture.game) == ("blood-gulch", "bloodgulch", "Halo")
    assert (entry.capture.kind, entry.capture.frames, entry.capture.rate) == (CaptureKind.VIDEO, 45, 30)
    assert entry.harvested is not None
    assert (entry.harvested.options, entry.harvested.kept, entry.harvested.left_out) == (SHORT, 40, {"black": 5})
    assert entry.size_in_bytes == entry.capture.path.stat().st_size


def test_the_kept_frames_are_bursts(dataset: Dataset) -> None:
    assert dataset.bursts("blood-gulch") == [Burst(0, 20), Burst(25, 20)]


def test_frames_are_read_by_pages(dataset: Dataset) -> None:
    page = dataset.page("blood-gulch", 18, 10)
    black = dataset.page("blood-gulch", 1, 2, Shown.LEFT_OUT)
    middles = dataset.page("blood-gulch", 0, 60, Shown.BURSTS)

    assert ([row.frame.number for row in page.rows], page.total) == (list(range(18, 28)), 45)
    assert [(row.frame.number, row.frame.reason, row.is_kept) for row in black.rows] == [
        (21, Reason.BLACK, False),
        (22, Reason.BLACK, False),
    ]
    assert (black.first, black.total) == (1, 5)
    assert [row.frame.number for row in middles.rows] == [10, 35]
    assert dataset.page("blood-gulch", 999, 10).rows == ()


def test_marks_include_exclude_and_are_taken_back(dataset: Dataset) -> None:
    dataset.mark("blood-gulch", range(5, 20), Mark.EXCLUDED)
    dataset.mark("blood-gulch", [20], Mark.INCLUDED)

    assert dataset.bursts("blood-gulch") == [Burst(0, 5), Burst(20, 1), Burst(25, 20)]
    (summary,) = dataset.summary()
    assert (summary.kept, summary.bursts, summary.included, summary.excluded) == (26, 3, 1, 15)
    assert dataset.page("blood-gulch", 20, 1).rows[0].mark is Mark.INCLUDED

    dataset.mark("blood-gulch", range(21), Mark.NONE)
    assert dataset.bursts("blood-gulch") == [Burst(0, 20), Burst(25, 20)]


@pytest.mark.parametrize("number", [-1, 45])
def test_a_mark_for_a_frame_that_is_not_there_is_an_error(dataset: Dataset, number: int) -> None:
    with pytest.raises(ValueError, match="frames 0 to 44"):
        dataset.mark("blood-gulch", [number], Mark.EXCLUDED)


def test_the_content_hash_knows_frames_and_splits_and_no_paths(dataset: Dataset, tmp_path: Path) -> None:
    before = dataset.manifest.content_hash
    dataset.mark("blood-gulch", [3], Mark.EXCLUDED)
    marked = dataset.manifest.content_hash
    dataset.mark("blood-gulch", [3], Mark.NONE)
    again = dataset.manifest.content_hash
    dataset.choose_split({"blood-gulch": Split.HELD_OUT})
    moved = shutil.copytree(dataset.folder, tmp_path / "moved")

    assert before == again != marked
    assert dataset.manifest.content_hash not in (before, marked)
    assert Dataset.open(moved).manifest.content_hash == dataset.manifest.content_hash


def test_a_harvest_that_is_cancelled_leaves_the_earlier_one(dataset: Dataset) -> None:
    def cancel(_: HarvestCounts) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        dataset.harvest("blood-gulch", replace(SHORT, burst_frames=10), LIMITS, cancel)

    assert dataset.bursts("blood-gulch") == [Burst(0, 20), Burst(25, 20)]
    assert [path.name for path in (dataset.folder / "captures" / "blood-gulch").iterdir()] == ["harvest-1"]


def test_a_new_harvest_replaces_the_earlier_one(dataset: Dataset) -> None:
    dataset.mark("blood-gulch", [3], Mark.EXCLUDED)
    dataset.harvest("blood-gulch", replace(SHORT, max_frames=20), LIMITS)

    assert dataset.bursts("blood-gulch") == [Burst(0, 20)]
    assert [path.name for path in (dataset.folder / "captures" / "blood-gulch").iterdir()] == ["harvest-2"]


def test_the_lines_are_json_that_anyone_can_read(dataset: Dataset) -> None:
    lines = (dataset.frame_files("blood-gulch").folder / "frames.jsonl").read_text().splitlines()

    assert [json.loads(line)["number"] for line in lines] == list(range(45))


def test_a_capture_that_is_there_already_is_refused_under_any_name(dataset: Dataset, tmp_path: Path) -> None:
    again = shutil.copyfile(dataset.captures[0].path, tmp_path / "renamed.mkv")

    with pytest.raises(Refused, match="in the dataset already, as blood-gulch"):
        dataset.add_capture(again, LIMITS)


def test_captures_of_one_name_get_numbers(dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = record(tmp_path / "other" / "blood-gulch.mkv", gliding(5, 12, WIDTH, HEIGHT))

    assert dataset.add_capture(other, LIMITS).id == "blood-gulch-2"


def test_an_archive_is_unpacked_into_the_dataset_which_can_be_moved(dataset: Dataset, tmp_path: Path) -> None:
    stills = save_pictures(tmp_path / "stills", [texture(seed, WIDTH, HEIGHT) for seed in range(3)])
    with zipfile.ZipFile(tmp_path / "h1v1.zip", "w") as archive:
        for path in stills.iterdir():
            archive.write(path, f"h1v1/{path.name}")

    dataset.add_capture(tmp_path / "h1v1.zip", LIMITS)
    dataset.harvest("h1v1", SHORT, LIMITS)
    moved = Dataset.open(dataset.folder.rename(tmp_path / "moved"))

    capture = moved.manifest.entry("h1v1").capture
    assert capture.path == tmp_path / "moved" / "pictures" / "h1v1"
    assert moved.bursts("h1v1") == [Burst(0, 1), Burst(1, 1), Burst(2, 1)]


def test_a_refused_archive_leaves_nothing_behind(dataset: Dataset, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr("frame.png", b"no picture")

    with pytest.raises(Refused, match="No picture of this folder can be read"):
        dataset.add_capture(tmp_path / "bad.zip", LIMITS)
    assert not (dataset.folder / "pictures" / "bad").exists()
    assert len(dataset.captures) == 1


def test_what_people_say_is_changed_without_a_change_of_content(dataset: Dataset) -> None:
    before = dataset.manifest.content_hash
    dataset.describe(name="h2", game="Halo CE", licence="CC0-1.0", notes="Captured on a PC.")
    dataset.describe_capture("blood-gulch", game="Halo CE", map_name="Blood Gulch", licence="")

    manifest = dataset.manifest
    assert (manifest.name, manifest.notes, manifest.content_hash) == ("h2", "Captured on a PC.", before)
    assert (manifest.captures[0].capture.map, manifest.captures[0].capture.licence) == ("Blood Gulch", "")


def test_a_capture_is_removed_with_its_frames_and_not_with_its_file(dataset: Dataset) -> None:
    path = dataset.captures[0].path
    dataset.remove_capture("blood-gulch")

    assert dataset.captures == ()
    assert path.exists()
    assert not (dataset.folder / "captures" / "blood-gulch").exists()


def test_folders_without_a_dataset_and_damaged_ones_are_refused(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="holds no dataset"):
        Dataset.open(tmp_path)
    with pytest.raises(Refused, match="holds a dataset already"):
        Dataset.create(dataset.folder, "another")
    with pytest.raises(Refused, match="no capture named nowhere"):
        dataset.bursts("nowhere")
    (dataset.folder / "dataset.json").write_text('{"version": 1, "name": 5}')
    with pytest.raises(Refused, match="is damaged"):
        Dataset.open(dataset.folder)
    (dataset.folder / "dataset.json").write_text('{"version": 99}')
    with pytest.raises(Refused, match="later version"):
        Dataset.open(dataset.folder)
