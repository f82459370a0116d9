"""Differences of neighbouring pixels by their place in a grid: blocks of a codec, and pixels that were repeated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from upscaler.training.core.twin import Pixels

from .spectrum import luma

BLOCK = 8
INNER = (1, 2, 4, 5)
"""Places within a block that deblocking filters leave, away from its edge and from its middle."""
FACTORS = (2, 3, 4)
"""Whole factors of nearest-neighbour enlargement, and 1.5, which repeats every third pixel."""


def blocking(frames: Sequence[Pixels]) -> tuple[float, float]:
    """Return how much larger the steps of luma are at the edges of 8x8 blocks than within: of 255, and as a ratio."""
    steps = _steps(frames, BLOCK)
    inner = float(steps[list(INNER)].mean())
    edge = float(steps[BLOCK - 1])
    return edge - inner, edge / max(inner, 1e-6)


def repeated_pixels(frames: Sequence[Pixels]) -> float:
    """Return the smallest step of luma by its place in a grid of 2, 3 or 4 pixels, as a share of the largest.

    0 where pixels are repeated, about 1 where they aren't.
    """
    shares = []
    for factor in FACTORS:
        steps = _steps(frames, factor)
        shares.append(float(steps.min() / max(steps.max(), 1e-6)))
    return min(shares)


def _steps(frames: Sequence[Pixels], period: int) -> NDArray[np.float64]:
    """Return the mean difference of neighbours, by the place of the first of them modulo ``period``."""
    total = np.zeros(period)
    for frame in frames:
        picture = luma(frame)
        for lines in (picture, picture.T):
            steps = np.abs(np.diff(lines, axis=1)).mean(axis=0, dtype=np.float64)
            total += steps[: len(steps) // period * period].reshape(-1, period).mean(axis=0)
    means: NDArray[np.float64] = total / max(1, 2 * len(frames))
    return means
