"""Datasets as Real-ESRGAN's folders with their meta file, and back."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.training.recordings import gliding, record, save_pictures, texture
from upscaler.pipeline.core.errors import Refused, Stopped
from upscaler.pipeline.core.limits import Limits
from upscaler.training.core.capture import Burst, Split
from upscaler.training.dataset.folder import Dataset
from upscaler.training.dataset.frame_files import Mark
from upscaler.training.dataset.harvest_options import HarvestOptions
from upscaler.training.dataset.realesrgan_folders import export_folders, find_folders, import_folders

LIMITS = Limits()
WIDTH, HEIGHT = 128, 96


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("made")
    dataset = Dataset.create(folder / "dataset", "H1", game="Halo", licence="CC0-1.0")
    clip = record(folder / "run.mkv", gliding(1, 12, WIDTH, HEIGHT))
    dataset.add_capture(clip, LIMITS, map_name="bloodgulch", licence="CC-BY-4.0", split=Split.TRAINING)
    stills = save_pictures(folder / "stills", [texture(seed, WIDTH, HEIGHT) for seed in range(3)])
    dataset.add_capture(stills, LIMITS, map_name="ratrace", split=Split.HELD_OUT)
    dataset.harvest("run", HarvestOptions(), LIMITS)
    dataset.harvest("stills", HarvestOptions(keep_all=True), LIMITS)
    dataset.mark("run", [0, 1], Mark.EXCLUDED)
    return dataset


def test_an_export_has_the_kept_frames_and_their_meta_files(dataset: Dataset, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    target = export_folders(dataset, tmp_path, LIMITS, lambda done, total: seen.append((done, total)))

    training = (target / "meta_info" / "meta_info_h1.txt").read_text().splitlines()
    held_out = (target / "meta_info" / "meta_info_h1_held-out.txt").read_text().splitlines()
    assert target == tmp_path / "h1"
    assert training == [f"h1_HR/run/{number:08}.png" for number in range(2, 12)]
    assert held_out == [f"h1_HR/stills/{number:08}.png" for number in range(3)]
    first = cv2.imread(str(target / training[0]))
    assert first is not None
    assert np.array_equal(cv2.cvtColor(first, cv2.COLOR_BGR2RGB), gliding(1, 12, WIDTH, HEIGHT)[2])
    assert seen[-1] == (13, 13)
    assert "CC-BY-4.0" in (target / "README.md").read_text()


def test_an_export_comes_back_with_its_maps_licences_and_split(dataset: Dataset, tmp_path: Path) -> None:
    target = export_folders(dataset, tmp_path / "datasets", LIMITS)
    again = Dataset.create(tmp_path / "again", "H2")

    captures = {capture.id: capture for capture in import_folders(again, target, LIMITS)}

    assert set(captures) == {"run", "stills"}
    assert (captures["run"].map, captures["run"].licence, captures["run"].game) == ("bloodgulch", "CC-BY-4.0", "Halo")
    assert (captures["run"].split, captures["stills"].split) == (Split.TRAINING, Split.HELD_OUT)
    assert again.bursts("run") == [Burst(number, 1) for number in range(10)]
    assert again.bursts("stills") == [Burst(number, 1) for number in range(3)]


def test_of_a_folder_with_a_meta_file_the_listed_pictures_are_kept(tmp_path: Path) -> None:
    root = tmp_path / "h1v1"
    save_pictures(root / "HR sub", [texture(seed, WIDTH, HEIGHT) for seed in range(4)])
    (root / "meta_info.txt").write_text(
        "HR sub/frame1.png\nHR sub/frame3.png, LR/frame3.png\nHR sub/frame0.png (96,128,3) 1\n"
    )
    dataset = Dataset.create(tmp_path / "dataset", "H1")

    (capture,) = import_folders(dataset, root, LIMITS)

    assert (capture.id, capture.frames) == ("hr-sub", 4)
    assert dataset.bursts("hr-sub") == [Burst(0, 1), Burst(1, 1), Burst(3, 1)]


def test_a_plain_folder_is_one_capture_with_all_pictures(tmp_path: Path) -> None:
    root = save_pictures(tmp_path / "stills", [texture(1, WIDTH, HEIGHT)] * 3)
    dataset = Dataset.create(tmp_path / "dataset", "H1")

    import_folders(dataset, root, LIMITS)

    assert dataset.bursts("stills") == [Burst(0, 1), Burst(1, 1), Burst(2, 1)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [("../secret.png", "leads out"), ("/etc/secret.png", "leads out"), ("HR/missing.png", "isn't there")],
)
def test_meta_files_that_point_elsewhere_are_refused(tmp_path: Path, line: str, reason: str) -> None:
    (tmp_path / "meta_info.txt").write_text(f"{line}\n")

    with pytest.raises(Refused, match=reason):
        find_folders(tmp_path)


def test_a_damaged_card_is_refused(tmp_path: Path) -> None:
    save_pictures(tmp_path / "HR", [texture(1, WIDTH, HEIGHT)])
    (tmp_path / "meta_info.txt").write_text("HR/frame0.png\n")
    (tmp_path / "card.json").write_text(json.dumps({"captures": [{}]}))

    with pytest.raises(Refused, match=r"card\.json of this folder is damaged"):
        find_folders(tmp_path)


def test_an_export_that_is_cancelled_or_there_already_leaves_nothing_new(dataset: Dataset, tmp_path: Path) -> None:
    def cancel(done: int, total: int) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        export_folders(dataset, tmp_path, LIMITS, cancel)
    assert list(tmp_path.iterdir()) == []

    (tmp_path / "h1").mkdir()
    with pytest.raises(Refused, match="a dataset named h1 already"):
        export_folders(dataset, tmp_path, LIMITS)
