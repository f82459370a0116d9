"""Find scene cuts, and the poster frame."""

from __future__ import annotations

from array import array

import numpy as np
from numpy.typing import NDArray

from .luma import SAMPLE_INTERVAL, Luma, block_means

CUT_DIFFERENCE = 24.0
"""Mean absolute difference of the 8 by 8 blocks of neighbouring frames, of 255, above which a scene may change."""
CUT_RATIO = 3.0
"""Ratio of a cut's difference to those of the two frames before it, which excludes fast pans, even with repeats."""
MIN_SCENE_FRAMES = 8
MAX_SHARPNESS = 10.0
"""Mean difference of neighbouring pixels, of 255, above which noise is as likely as detail."""


class Scenes:
    """Finds cuts and the poster; keeps one number per frame."""

    def __init__(self) -> None:
        self._differences = array("f")
        self._last: NDArray[np.float32] | None = None
        self._best = -np.inf
        self.poster = 0
        """Number of the decoded frame with the most detail: neither black nor white, and not blurred."""

    def add(self, luma: Luma) -> None:
        """Measure the next frame."""
        small = block_means(luma, 8)
        number = len(self._differences)
        self._differences.append(float(np.abs(small - self._last).mean()) if self._last is not None else 0.0)
        self._last = small
        if number % SAMPLE_INTERVAL == 0 and (score := _poster_score(luma, small)) > self._best:
            self._best, self.poster = score, number

    def cuts(self) -> list[int]:
        """Return the numbers of the decoded frames that begin a scene, without the first."""
        cuts: list[int] = []
        for frame in range(1, len(self._differences)):
            here, earlier = self._differences[frame], max(self._differences[max(0, frame - 2) : frame])
            since = frame - (cuts[-1] if cuts else 0)
            if here >= CUT_DIFFERENCE and here >= CUT_RATIO * earlier and since >= MIN_SCENE_FRAMES:
                cuts.append(frame)
        return cuts


def _poster_score(luma: Luma, small: NDArray[np.float32]) -> float:
    """Score contrast and sharpness, less the distance from a medium brightness."""
    right, left = luma[::4, 1:], luma[::4, :-1]
    sharpness = float((np.maximum(right, left) - np.minimum(right, left)).mean())
    return float(small.std() - abs(small.mean() - 110.0) * 0.4) + 4 * min(sharpness, MAX_SHARPNESS)
