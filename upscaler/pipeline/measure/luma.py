"""A frame as the measurements see it: its luma, as it was coded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]
"""(height, width), 0 to 255 as in the file: black is 16 in TV range."""

SAMPLE = 5
"""What changes slowly is looked at in every fifth frame."""


def block_means(picture: Luma, side: int) -> NDArray[np.float32]:
    """Means of square blocks of ``side`` pixels, (rows, columns). What is left over at the end has blocks that overlap.

    Sums are made along rows first: reduceat, which would take odd sizes as they are, is ten times as slow.
    """
    whole = _column_sums(picture, side)
    columns = whole.shape[1] // side
    sums = whole[:, : columns * side].reshape(len(whole), columns, side).sum(axis=2, dtype=np.uint32)
    if whole.shape[1] % side:
        sums = np.hstack((sums, whole[:, -side:].sum(axis=1, dtype=np.uint32, keepdims=True)))
    means: NDArray[np.float32] = sums.astype(np.float32) / np.float32(side * side)
    return means


def largest_change(one: Luma, other: Luma) -> float:
    """The mean difference of the block of 16 by 16 that differs most, of 255."""
    return float(block_means(np.maximum(one, other) - np.minimum(one, other), 16).max())


def _column_sums(picture: Luma, side: int) -> NDArray[np.uint16]:
    """Sums over ``side`` rows; up to 16 of 255 fit 16 bits."""
    height, width = picture.shape
    rows = height // side
    sums = picture[: rows * side].reshape(rows, side, width).sum(axis=1, dtype=np.uint16)
    return np.vstack((sums, picture[-side:].sum(axis=0, dtype=np.uint16, keepdims=True))) if height % side else sums
