"""The sprite shows the frames that its layout names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.clips import corpus, ffmpeg
from tests.pipeline.conftest import LIMITS
from tests.pipeline.facts_of import facts_of
from upscaler.pipeline.comparison.sprite import sprite_layout, write_sprite
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.facts import Border, Facts
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import probe


def made(source: Path, target: Path) -> tuple[Facts, NDArray[np.uint8]]:
    facts = analyse(source, probe(source, LIMITS), LIMITS)
    size = write_sprite(source, facts, target, LIMITS)
    sheet = cv2.imread(str(target), cv2.IMREAD_GRAYSCALE)
    assert sheet is not None
    assert (sheet.shape[1], sheet.shape[0]) == size
    return facts, np.asarray(sheet, np.uint8)


@pytest.fixture(scope="module")
def counting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """240 frames; the brightness of each is its own number."""
    path = tmp_path_factory.mktemp("sprite") / "counting.mkv"
    source = "color=gray:size=64x48:rate=25,format=gray,geq=lum=N"
    ffmpeg("-f", "lavfi", "-i", source, "-frames:v", "240", "-c:v", "ffv1", "-color_range", "pc", path)
    return path


def test_every_picture_is_of_the_frame_that_it_stands_for(counting: Path, tmp_path: Path) -> None:
    facts, pixels = made(counting, tmp_path / "sheet.jpg")
    sheet = sprite_layout(facts)

    assert (sheet.every, sheet.pictures, sheet.columns, sheet.rows) == (3, 80, 10, 8)
    for number in range(sheet.pictures):
        row, column = divmod(number, sheet.columns)
        middle = pixels[row * sheet.height + sheet.height // 2, column * sheet.width + sheet.width // 2]
        assert abs(int(middle) - number * sheet.every) <= 3


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        (1, (1, 1, 1, 1)),
        (7, (1, 7, 7, 1)),
        (100, (1, 100, 10, 10)),
        (101, (2, 51, 10, 6)),
        (216_000, (2160, 100, 10, 10)),
    ],
)
def test_there_are_at_most_a_hundred_spread_evenly(frames: int, expected: tuple[int, int, int, int]) -> None:
    sheet = sprite_layout(facts_of(frames=frames))

    assert (sheet.every, sheet.pictures, sheet.columns, sheet.rows) == expected
    assert (sheet.pictures - 1) * sheet.every < frames <= sheet.pictures * sheet.every


def test_pictures_are_cropped_and_their_pixels_square() -> None:
    assert (sprite_layout(facts_of()).width, sprite_layout(facts_of()).height) == (160, 120)
    assert sprite_layout(facts_of(border=Border(top=30, bottom=30))).height == 90
    assert sprite_layout(facts_of(width=720, height=480, sar=replace(facts_of()).sar * 8 / 9)).height == 120


@pytest.mark.parametrize(
    "name",
    ["wmv2_truncated.wmv", "mpeg4_320x240_vfr_aac.mp4", "xvid_flv_twice_320x240.flv", "cinepak_240x180_10_pcm8.avi"],
)
def test_damaged_and_irregular_clips_have_one_too(name: str, tmp_path: Path) -> None:
    facts, pixels = made(corpus(name), tmp_path / "sheet.jpg")
    sheet = sprite_layout(facts)

    for number in (0, sheet.pictures // 2, sheet.pictures - 2):
        row, column = divmod(number, sheet.columns)
        tile = pixels[row * sheet.height : (row + 1) * sheet.height, column * sheet.width : (column + 1) * sheet.width]
        assert tile.std() > 2, f"picture {number} is empty"


def test_a_clip_of_one_frame(tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25", "-frames:v", "1", "-c:v", "mpeg4", tmp_path / "one.avi")

    _, pixels = made(tmp_path / "one.avi", tmp_path / "sheet.jpg")

    assert pixels.shape == (120, 160)
    assert pixels.std() > 20


def test_a_file_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PipelineError):
        write_sprite(tmp_path / "gone.avi", facts_of(), tmp_path / "sheet.jpg", LIMITS)
