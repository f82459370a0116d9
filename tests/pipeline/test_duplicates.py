"""Frames that show the same as the one before them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.clips import ffmpeg
from tests.pipeline.conftest import LIMITS
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.measure.duplicates import Duplicates
from upscaler.pipeline.measure.frame_difference import change_between
from upscaler.pipeline.measure.luma import Luma, Planes, block_means
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import probe


def planes(luma: Luma) -> Planes:
    """Without colour."""
    height, width = luma.shape
    plane = np.full((-(-height // 2), -(-width // 2)), 128, np.uint8)
    return Planes(luma, (plane, plane))


def flags_of(frames: list[Luma]) -> list[int]:
    duplicates = Duplicates()
    for frame in frames:
        duplicates.add(planes(frame))
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


def test_a_clip_that_stands_still_is_one_frame_but_for_what_its_key_frames_change(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, "smptebars=size=320x240:rate=30:duration=1")
    new = set(range(30)) - facts.repeats.numbers()
    assert new <= {0, 1, 12, 13, 24, 25}


def test_frames_that_move_are_all_new(tmp_path: Path) -> None:
    assert facts_of(tmp_path, "testsrc2=size=320x240:rate=30:duration=1").duplicates == 0


def noisy(frame: Luma, most: int, seed: int) -> Luma:
    """What a codec does to a frame: a little, up and down."""
    noise = np.random.default_rng(seed).integers(-most, most + 1, frame.shape)
    return np.asarray(np.clip(frame + noise, 0, 255), np.uint8)


def test_slow_motion_does_not_add_up() -> None:
    """A soft edge that creeps to the right by a quarter of a pixel a frame."""
    across = np.arange(64)
    frames = [np.tile(np.clip(40 + (across - 30 + n / 4) * 4, 0, 200).astype(np.uint8), (48, 1)) for n in range(40)]
    flags = flags_of(frames)
    kept = [number for number, flag in enumerate(flags) if not flag]
    assert all(after - before <= 2 for before, after in pairwise(kept))


@pytest.mark.parametrize("step", [1, 2, 5])
def test_every_frame_of_a_fade_is_new(step: int) -> None:
    frames = [noisy(grey(level), 1, level) for level in range(40, 120, step)]
    assert flags_of(frames) == [0] * len(frames)


def test_a_small_change_among_large_ones_is_a_duplicate_and_among_small_ones_is_not() -> None:
    dice = np.random.default_rng(5)
    first, second, third = (dice.integers(40, 200, (48, 64)).astype(np.uint8) for _ in range(3))
    assert flags_of([first, second, noisy(second, 9, 1), third]) == [0, 0, 1, 0]
    assert flags_of([first, noisy(first, 9, 1), noisy(first, 9, 2), noisy(first, 9, 3)]) == [0, 0, 0, 0]


@pytest.mark.parametrize("side", [2, 4])
@pytest.mark.parametrize("level", [60, 255])
def test_a_dot_that_moves_makes_every_frame_new(side: int, level: int) -> None:
    frames = []
    for number in range(20):
        frame = grey(16, (96, 128))
        frame[40 : 40 + side, 3 * number : 3 * number + side] = level
        frames.append(frame)
    assert flags_of(frames) == [0] * 20


def test_colour_that_changes_makes_a_frame_new(tmp_path: Path) -> None:
    pattern = "geq=lum=120:cb='128+60*sin((X+4*N)/6)':cr='128+60*cos((Y-3*N)/5)'"
    path = tmp_path / "clip.mkv"
    empty = "nullsrc=size=160x120:rate=25:duration=1,format=yuv420p"
    ffmpeg("-f", "lavfi", "-i", f"{empty},{pattern}", "-c:v", "ffv1", path)
    assert analyse(path, probe(path, LIMITS), LIMITS).duplicates == 0


@pytest.mark.parametrize("corner", [(0, 0), (0, 318), (236, 0), (236, 318)])
def test_a_change_in_any_corner_makes_a_frame_new(corner: tuple[int, int]) -> None:
    frame = grey(40, (237, 319))
    changed = frame.copy()
    changed[max(0, corner[0] - 5) : corner[0] + 6, max(0, corner[1] - 5) : corner[1] + 6] = 200
    assert flags_of([frame, changed]) == [0, 0]
    assert change_between(planes(frame), planes(changed)).block > 6


def test_block_means_are_the_means_of_blocks() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (40, 37), np.uint8)
    means = block_means(picture, 16)
    assert means.shape == (3, 3)
    assert means[0, 1] == pytest.approx(picture[:16, 16:32].mean())
    assert means[2, 2] == pytest.approx(picture[-16:, -16:].mean())


@pytest.mark.parametrize("frames", [0, 1])
def test_next_to_nothing_has_no_duplicates(frames: int) -> None:
    assert flags_of([grey(40)] * frames) == [0] * frames
