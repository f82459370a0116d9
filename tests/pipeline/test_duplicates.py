"""Frames that show the same as the one before them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.clips import ffmpeg
from tests.pipeline.conftest import LIMITS
from upscaler.pipeline.analyse import analyse
from upscaler.pipeline.facts import Facts
from upscaler.pipeline.measure.duplicates import Duplicates
from upscaler.pipeline.measure.luma import Luma, block_means, largest_change
from upscaler.pipeline.probe import probe


def flags_of(frames: list[Luma]) -> list[int]:
    duplicates = Duplicates()
    for frame in frames:
        duplicates.see(frame)
    return list(duplicates.finish())


def grey(level: float, size: tuple[int, int] = (48, 64)) -> Luma:
    return np.full(size, level, np.uint8)


def facts_of(folder: Path, picture: str) -> Facts:
    path = folder / "clip.avi"
    ffmpeg("-f", "lavfi", "-i", picture, "-c:v", "mpeg4", "-q:v", "6", path)
    return analyse(path, probe(path, LIMITS), LIMITS)


def test_doubled_frames_are_found_through_a_lossy_codec(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, "testsrc2=size=320x240:rate=15:duration=2,fps=30")
    assert facts.repeats.numbers() == frozenset(range(1, 60, 2))
    assert (facts.duplicates, facts.decoded_frames) == (30, 60)


def test_a_clip_that_stands_still_is_one_frame(tmp_path: Path) -> None:
    assert facts_of(tmp_path, "smptebars=size=320x240:rate=30:duration=1").duplicates == 29


def test_frames_that_move_are_all_new(tmp_path: Path) -> None:
    assert facts_of(tmp_path, "testsrc2=size=320x240:rate=30:duration=1").duplicates == 0


def test_slow_motion_does_not_add_up() -> None:
    frames = [grey(level) for level in range(40, 70)]
    flags = flags_of(frames)
    kept = [40 + number for number, flag in enumerate(flags) if not flag]
    assert flags[0] == 0
    assert all(after - before == 3 for before, after in pairwise(kept))


def test_a_small_change_among_large_ones_is_a_duplicate_and_among_small_ones_is_not() -> None:
    assert flags_of([grey(40), grey(80), grey(85), grey(120)]) == [0, 0, 1, 0]
    assert flags_of([grey(40), grey(50), grey(55), grey(62)]) == [0, 0, 0, 0]


@pytest.mark.parametrize("corner", [(0, 0), (0, 318), (236, 0), (236, 318)])
def test_a_change_in_any_corner_makes_a_frame_new(corner: tuple[int, int]) -> None:
    frame = grey(40, (237, 319))
    changed = frame.copy()
    changed[max(0, corner[0] - 5) : corner[0] + 6, max(0, corner[1] - 5) : corner[1] + 6] = 200
    assert flags_of([frame, changed]) == [0, 0]
    assert largest_change(frame, changed) > 6


def test_block_means_are_the_means_of_blocks() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (40, 37), np.uint8)
    means = block_means(picture, 16)
    assert means.shape == (3, 3)
    assert means[0, 1] == pytest.approx(picture[:16, 16:32].mean())
    assert means[2, 2] == pytest.approx(picture[-16:, -16:].mean())


@pytest.mark.parametrize("frames", [0, 1])
def test_next_to_nothing_has_no_duplicates(frames: int) -> None:
    assert flags_of([grey(40)] * frames) == [0] * frames
