"""Change over time where the truth doesn't change: codec noise that pulsates, and details that come and go."""

from __future__ import annotations

import cv2
import numpy as np

from .metrics import Luma

STILL = 1.5
"""Largest change of the truth's luma, of 255, that counts as none: noise of the truth's own encoding."""
NEIGHBOURHOOD = 17
"""Side in pixels of the surroundings that must not change either: enlarged details spread over their neighbours."""
MIN_SHARE = 0.005
"""Share of the frame that must not change for flicker to be measured."""


def flicker(before: Luma, after: Luma, truth_before: Luma, truth_after: Luma) -> float | None:
    """Return the mean absolute change between two successive pictures where their truths are equal, of 255.

    All are (h, w) luma. None if nearly everything moves.
    """
    change = np.abs(truth_after - truth_before)
    window = np.ones((NEIGHBOURHOOD, NEIGHBOURHOOD), np.uint8)
    is_still = np.asarray(cv2.dilate(change, window)) <= STILL
    if is_still.mean() < MIN_SHARE:
        return None
    return float(np.abs(after - before)[is_still].mean(dtype=np.float64))
