"""A frame for measurements: its luma as coded, and its chroma."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]
"""(height, width), 0 to 255 as in the file: black is 16 in TV range."""


@dataclass(frozen=True, eq=False)
class Planes:
    """A frame in 4:2:0. Must not be changed after it was measured."""

    luma: Luma
    chroma: tuple[Luma, Luma]
    """Both chroma planes, half as wide and as high, rounded up; 128 is neutral."""

    @classmethod
    def of(cls, data: NDArray[np.uint8], width: int, height: int) -> Planes:
        """Read the bytes of ffmpeg's yuv420p."""
        across, down = -(-width // 2), -(-height // 2)
        luma, first, second = np.split(data, (width * height, width * height + across * down))
        return cls(luma.reshape(height, width), (first.reshape(down, across), second.reshape(down, across)))

    @staticmethod
    def size(width: int, height: int) -> int:
        """Return the bytes of a frame."""
        return width * height + 2 * -(-width // 2) * -(-height // 2)


SAMPLE_INTERVAL = 5
"""Slow measurements use every fifth frame."""


def block_means(picture: Luma, side: int) -> NDArray[np.float32]:
    """Return the means of square blocks of ``side`` pixels, (rows, columns). The blocks at the ends may overlap.

    Sums along rows first: reduceat, which supports odd sizes, is ten times as slow.
    """
    whole = _column_sums(picture, side)
    columns = whole.shape[1] // side
    sums = whole[:, : columns * side].reshape(len(whole), columns, side).sum(axis=2, dtype=np.uint32)
    if whole.shape[1] % side:
        sums = np.hstack((sums, whole[:, -side:].sum(axis=1, dtype=np.uint32, keepdims=True)))
    means: NDArray[np.float32] = sums.astype(np.float32) / np.float32(side * side)
    return means


def _column_sums(picture: Luma, side: int) -> NDArray[np.uint16]:
    """Return sums over ``side`` rows. Up to 16 rows of 255 fit 16 bits."""
    height, width = picture.shape
    rows = height // side
    sums = picture[: rows * side].reshape(rows, side, width).sum(axis=1, dtype=np.uint16)
    return np.vstack((sums, picture[-side:].sum(axis=0, dtype=np.uint16, keepdims=True))) if height % side else sums
