"""Held-out frames that are trained on under another name are found, and different maps of one game raise no alarm."""

from __future__ import annotations

import shutil
from collections import defaultdict
from itertools import chain
from pathlib import Path

import cv2
import imagehash
import numpy as np
import pytest
from PIL import Image

from tests.clips import FOOTAGE
from tests.training.recordings import Pixels, gliding, record, save_pictures, texture
from upscaler.pipeline.core.errors import Refused, Stopped
from upscaler.pipeline.core.limits import Limits
from upscaler.training.core.capture import Split
from upscaler.training.dataset.crops import CROPS, crop_hashes
from upscaler.training.dataset.folder import Dataset
from upscaler.training.dataset.frame_files import Mark
from upscaler.training.dataset.harvest_options import HarvestOptions
from upscaler.training.dataset.leaks import leaks, refuse_leaks

LIMITS = Limits()
EVERY = HarvestOptions(keep_all=True)
WIDTH, HEIGHT = 480, 360


def with_display(frame: Pixels) -> Pixels:
    """A frame with the weapon and the display that all maps of a game share."""
    drawn = frame.copy()
    cv2.rectangle(drawn, (300, 240), (420, 360), (60, 60, 70), -1)
    cv2.circle(drawn, (240, 180), 10, (80, 200, 255), 2)
    cv2.putText(drawn, "100", (20, 340), cv2.FONT_HERSHEY_SIMPLEX, 1, (255, 220, 80), 2)
    return drawn


def scenes(seeds: range) -> list[Pixels]:
    return [with_display(texture(seed, WIDTH, HEIGHT, mean=90)) for seed in seeds]


def cropped(frame: Pixels, left: float, top: float, width: float, height: float) -> Pixels:
    """A part of a frame, enlarged to its size. Shares of width and height."""
    rows = slice(round(top * HEIGHT), round((top + height) * HEIGHT))
    columns = slice(round(left * WIDTH), round((left + width) * WIDTH))
    return np.asarray(cv2.resize(frame[rows, columns], (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8)


def add(dataset: Dataset, path: Path, map_name: str, split: Split, options: HarvestOptions = EVERY) -> None:
    capture = dataset.add_capture(path, LIMITS, map_name=map_name, split=split)
    dataset.harvest(capture.id, options, LIMITS)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    dataset = Dataset.create(folder / "dataset", "h1")
    add(dataset, save_pictures(folder / "secret", scenes(range(100, 106))), "secret", Split.HELD_OUT)
    add(dataset, save_pictures(folder / "open", scenes(range(200, 212))), "open", Split.TRAINING)
    return dataset.folder


@pytest.fixture
def dataset(made: Path, tmp_path: Path) -> Dataset:
    return Dataset.open(shutil.copytree(made, tmp_path / "dataset"))


def test_different_maps_of_one_game_raise_no_alarm(dataset: Dataset) -> None:
    assert leaks(dataset) == []
    refuse_leaks(dataset)


def test_frames_that_were_renamed_cropped_and_encoded_again_are_refused(dataset: Dataset, tmp_path: Path) -> None:
    parts = [(0, 0, 1, 1), (0.07, 0.12, 0.8, 0.8), (0.15, 0, 0.85, 1), (0.02, 0.19, 0.93, 0.81), (0.04, 0.04, 0.9, 0.9)]
    smuggled = [cropped(frame, *part) for frame, part in zip(scenes(range(101, 106)), parts, strict=True)]
    folder = save_pictures(tmp_path / "holiday", [*scenes(range(300, 302)), *smuggled], ".jpg", quality=50)
    add(dataset, folder, "beach", Split.TRAINING)

    found = [(leak.training.id, leak.training_frame, leak.held_out.id, leak.held_out_frame) for leak in leaks(dataset)]

    assert found == [("holiday", 1 + number, "secret", number) for number in range(1, 6)]
    with pytest.raises(Refused, match=r"Frame 2 of holiday is trained on, but shows the same as frame 1 of secret"):
        refuse_leaks(dataset)


def test_a_frame_smuggled_in_a_video_is_found_although_the_held_out_frame_was_not_kept(
    dataset: Dataset, tmp_path: Path
) -> None:
    dataset.mark("secret", range(6), Mark.EXCLUDED)
    frames = gliding(400, 12, WIDTH, HEIGHT) + [cropped(scenes(range(101, 102))[0], 0.1, 0.1, 0.85, 0.85)] * 12
    options = ("-c:v", "mpeg4", "-q:v", "12")
    add(dataset, record(tmp_path / "clip.avi", frames, *options), "clip", Split.TRAINING, EVERY)

    found = leaks(dataset)

    assert {(leak.training.id, leak.held_out_frame) for leak in found} == {("clip", 1)}
    assert {leak.training_frame for leak in found} <= set(range(12, 24))


def test_a_leak_that_is_excluded_or_moved_to_the_same_side_is_none(dataset: Dataset, tmp_path: Path) -> None:
    add(dataset, save_pictures(tmp_path / "copy", scenes(range(102, 103))), "copy", Split.TRAINING)
    assert len(leaks(dataset)) == 1

    dataset.mark("copy", [0], Mark.EXCLUDED)
    assert leaks(dataset) == []

    dataset.mark("copy", [0], Mark.NONE)
    dataset.choose_split({"copy": Split.HELD_OUT})
    assert leaks(dataset) == []


def test_black_and_plain_frames_are_on_both_sides_without_an_alarm(dataset: Dataset, tmp_path: Path) -> None:
    for name, side in (("one", Split.TRAINING), ("two", Split.HELD_OUT)):
        frames = [np.full((HEIGHT, WIDTH, 3), level, np.uint8) for level in (0, 128)]
        frames.append(texture(500 + len(name) + (side is Split.TRAINING), WIDTH, HEIGHT))
        add(dataset, save_pictures(tmp_path / name, frames), name, side)

    assert leaks(dataset) == []


def test_progress_ends_at_all_held_out_frames_and_cancels(dataset: Dataset) -> None:
    seen: list[tuple[int, int]] = []
    leaks(dataset, lambda done, total: seen.append((done, total)))

    def cancel(done: int, total: int) -> None:
        raise Stopped

    assert seen[-1] == (6, 6)
    with pytest.raises(Stopped):
        leaks(dataset, cancel)


def test_the_hashes_of_crops_are_those_of_imagehash() -> None:
    luma = np.asarray(cv2.cvtColor(texture(1, 160, 120), cv2.COLOR_RGB2GRAY), np.uint8)
    distances = []
    for crop, value in zip(CROPS, crop_hashes(luma), strict=True):
        rows = slice(round(crop.top * 120), round((crop.top + crop.height) * 120))
        columns = slice(round(crop.left * 160), round((crop.left + crop.width) * 160))
        reference = int(str(imagehash.phash(Image.fromarray(luma[rows, columns]))), 16)
        distances.append((reference ^ int(value)).bit_count())

    assert max(distances) <= 4  # they reduce the picture with another filter
    assert np.mean(distances) < 1.5


def test_real_maps_raise_no_alarm_and_real_frames_are_found(tmp_path: Path) -> None:
    if not (FOOTAGE / "frames").is_dir():
        pytest.skip("there is no footage beside this checkout")
    by_map: dict[str, list[Pixels]] = defaultdict(list)
    for path in sorted((FOOTAGE / "frames").glob("*_1_0*.jpg"))[::2]:
        picture = cv2.imread(str(path))
        assert picture is not None
        reduced = cv2.cvtColor(cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)
        by_map[path.name.split("_")[0]].append(np.asarray(reduced, np.uint8))
    secret = by_map.pop("gate1") + by_map.pop("thornish")
    dataset = Dataset.create(tmp_path / "dataset", "arena")
    add(dataset, save_pictures(tmp_path / "secret", secret), "secret", Split.HELD_OUT)
    add(dataset, save_pictures(tmp_path / "open", [*chain.from_iterable(by_map.values())]), "open", Split.TRAINING)

    assert len(by_map) >= 6
    assert leaks(dataset) == []

    copies = [cropped(frame, 0.1, 0.05, 0.82, 0.88) for frame in secret]
    add(dataset, save_pictures(tmp_path / "copies", copies, ".jpg", quality=60), "new", Split.TRAINING)
    assert len({leak.held_out_frame for leak in leaks(dataset)}) >= len(secret) - 1
