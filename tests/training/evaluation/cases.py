"""Cases that tests evaluate on: soft pictures that move, and their reductions."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from tests.training.arrays import picture
from upscaler.training.core.twin import Pair, Pixels
from upscaler.training.evaluation.clips import TwinCase
from upscaler.training.evaluation.contestants import LANCZOS, STOCK, Contestant, Function, Interpolation

SIDE = 32


def moving_case(name: str, *, codec: str = "xvid", map_name: str = "dm4", frames: int = 6, step: int = 4) -> TwinCase:
    """Return a case that glides over a picture, ``step`` pixels per frame, below a part that stands still."""
    seed = sum(map(ord, name))
    wide = np.concatenate([picture(4 * SIDE, seed + part) for part in range(3)], axis=1)

    def pairs() -> Iterator[Pair]:
        for number in range(frames):
            left = step * number
            truth = np.ascontiguousarray(wide[:, left : left + 4 * SIDE])
            truth[:64] = wide[:64, : 4 * SIDE]
            low = np.asarray(cv2.resize(truth, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)
            yield Pair(number, low, truth, np.full((SIDE, SIDE), number + 1, np.uint8))

    return TwinCase(name, codec, map_name, pairs)


def lanczos() -> Contestant:
    return Interpolation(LANCZOS, cv2.INTER_LANCZOS4)


def nearest(low: Pixels, _quantisers: Pixels) -> Pixels:
    return np.asarray(cv2.resize(low, None, fx=4, fy=4, interpolation=cv2.INTER_NEAREST), np.uint8)


def contestants() -> list[Contestant]:
    """Return Lanczos, something worse that stands for stock, and something better."""

    def better(low: Pixels, quantisers: Pixels) -> Pixels:
        cubic = cv2.resize(low, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC).astype(np.float32)
        return np.asarray(np.clip(2 * cubic - cv2.GaussianBlur(cubic, (0, 0), 2), 0, 255), np.uint8)

    return [lanczos(), Function(STOCK, "a", nearest), Function("mine", "b", better)]
