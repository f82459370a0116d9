"""How much of the codec's 8x8 blocks is left in an enlarged frame.

Codecs quantise each block alone, so luma steps at the borders of blocks. Wang, Sheikh and Bovik ("No-reference
perceptual quality assessment of JPEG compressed images", ICIP 2002) measure it as the mean absolute difference across
borders, beside that within blocks. Here the truth is known too, so its own difference of the two is subtracted: what
the content itself has at the grid cancels.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .metrics import Luma

BLOCK = 8
"""Side of a block in pixels of the low-resolution frame."""


def blocking(picture: Luma, truth: Luma, scale: int, grid: tuple[int, int] = (0, 0)) -> float:
    """Return by how many levels of 255 the steps at block borders exceed those within blocks, more than in the truth.

    0 is no blocking. ``picture`` and ``truth`` are whole frames, (h * scale, w * scale); ``grid`` is x and y of a
    block's upper left corner in the low-resolution frame. Both are averaged to the low-resolution size first: a border
    that is blurred by the enlargement, by up to ``scale`` pixels, is one step there.
    """
    return _excess(_reduced(picture, scale), grid) - _excess(_reduced(truth, scale), grid)


def _reduced(frame: Luma, scale: int) -> Luma:
    size = frame.shape[1] // scale, frame.shape[0] // scale
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.float32)


def _excess(frame: Luma, grid: tuple[int, int]) -> float:
    """Return the mean step at block borders less that within blocks, over both directions."""
    across = np.abs(np.diff(frame, axis=1)).mean(axis=0)
    down = np.abs(np.diff(frame, axis=0)).mean(axis=1)
    return (_at_borders(across, grid[0]) + _at_borders(down, grid[1])) / 2


def _at_borders(steps: npt.NDArray[np.float32], origin: int) -> float:
    """``steps[i]`` is the mean difference between lines i and i + 1."""
    is_border = (np.arange(1, len(steps) + 1) - origin) % BLOCK == 0
    return float(steps[is_border].mean() - steps[~is_border].mean())
