"""Truths for tests of degradations: a textured picture that glides and turns, no two frames alike."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from upscaler.pipeline.core.limits import Limits
from upscaler.training.core.twin import Pixels

LIMITS = Limits(stall_seconds=30)


@cache
def picture(side: int = 1400, seed: int = 3) -> Pixels:
    """A picture with detail of every size, hard edges and colours."""
    random = np.random.default_rng(seed)
    whole = np.zeros((side, side, 3), np.float32)
    for cells in (6, 24, 96, 350):
        noise = random.uniform(-1, 1, (cells, cells, 3)).astype(np.float32)
        wide = np.asarray(cv2.resize(noise, (side, side), interpolation=cv2.INTER_CUBIC), np.float32)
        whole += wide * np.float32(60 / cells**0.25)
    drawn = np.clip(whole + 120, 0, 255).astype(np.uint8)
    for _ in range(60):
        x, y, width, height = (int(value) for value in random.integers((0, 0, 20, 20), (side, side, 200, 200)))
        colour = tuple(int(value) for value in random.integers(0, 255, 3))
        cv2.rectangle(drawn, (x, y), (x + width, y + height), colour, -1)
    return drawn


def truths(count: int, width: int = 256, height: int = 192, pixels: float = 6.0) -> list[Pixels]:
    """Frames (height, width, 3) of a camera that moves by ``pixels`` a frame."""
    whole = picture()
    return [
        np.ascontiguousarray(whole[20 + at // 2 :][:height, round(20 + at * pixels) :][:, :width])
        for at in range(count)
    ]
