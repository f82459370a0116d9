"""Artefacts of codecs that are left in enlarged frames."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.training.arrays import picture
from upscaler.training.core.twin import Pixels
from upscaler.training.evaluation.blocking import blocking
from upscaler.training.evaluation.flicker import flicker
from upscaler.training.evaluation.metrics import luma

SIDE = 96


def with_blocks(low: Pixels, strength: int, origin: tuple[int, int] = (0, 0)) -> Pixels:
    """Add to each 8x8 block a level of its own."""
    x, y = origin
    count = low.shape[0] // 8 + 2
    levels = np.random.default_rng(7).integers(-strength, strength + 1, (count, count))
    blocks = np.kron(levels, np.ones((8, 8), int))[8 - y : 8 - y + low.shape[0], 8 - x : 8 - x + low.shape[1]]
    return np.asarray(np.clip(low.astype(int) + blocks[..., None], 0, 255), np.uint8)


def enlarged(low: Pixels) -> Pixels:
    return np.asarray(cv2.resize(low, (4 * SIDE, 4 * SIDE), interpolation=cv2.INTER_LANCZOS4), np.uint8)


def test_blocks_are_measured_by_their_strength() -> None:
    truth = picture(4 * SIDE, 1)
    low = np.asarray(cv2.resize(truth, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)
    values = [blocking(luma(enlarged(with_blocks(low, each))), luma(truth), 4) for each in (0, 4, 12)]
    assert abs(values[0]) < 0.1
    assert 0.5 < values[1] < values[2]


def test_blocking_is_found_where_the_grid_is_and_nowhere_else() -> None:
    truth = picture(4 * SIDE, 2)
    low = np.asarray(cv2.resize(truth, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)
    frame = luma(enlarged(with_blocks(low, 10, (3, 5))))
    assert blocking(frame, luma(truth), 4, (3, 5)) > 1
    assert blocking(frame, luma(truth), 4, (-5, -3)) > 1
    assert blocking(frame, luma(truth), 4, (0, 0)) < 0


def test_the_truth_has_no_blocking_whatever_it_shows() -> None:
    truth = luma(with_blocks(picture(4 * SIDE, 3), 20))
    assert blocking(truth, truth, 4) == 0


def test_smoothing_blocks_away_lowers_blocking() -> None:
    truth = picture(4 * SIDE, 4)
    low = np.asarray(cv2.resize(truth, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)
    blocky = enlarged(with_blocks(low, 10))
    smooth = np.asarray(cv2.GaussianBlur(blocky, (0, 0), 8), np.uint8)
    assert blocking(luma(smooth), luma(truth), 4) < 0.5 * blocking(luma(blocky), luma(truth), 4)


def test_flicker_is_the_change_where_the_truth_stands_still() -> None:
    before = np.full((128, 128), 100, np.float32)
    after = before.copy()
    after[:, :64] += 50  # motion on the left
    picture_after = after + 3
    assert flicker(before, picture_after, before, after) == pytest.approx(3)
    assert flicker(before, after, before, after) == pytest.approx(0)


def test_flicker_is_unknown_where_everything_moves() -> None:
    before = np.full((128, 128), 100, np.float32)
    assert flicker(before, before, before, before + 20) is None
