"""Process a frame in tiles, for a device with too little memory for a whole frame.

Every tile is extended by at least the radius of the network's receptive field, and the extension of the output is
dropped. Neighbouring tiles fade into each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .backend import Batch

GRID = 4
"""Alignment in source pixels, so that networks that process blocks of pixels find the same ones."""
FADE = 2 * GRID
"""Source pixels over which a tile fades into its neighbour, half of them on each side of the cut."""
MIN_GAIN = 0.8
"""Tiles that take a larger share of a frame's memory aren't worth it."""


@dataclass(frozen=True)
class Part:
    """A tile along one axis, in source pixels: its input (``taken``) and its output (``given``)."""

    taken: range
    given: range
    fades_in: bool
    fades_out: bool

    def weights(self, scale: int) -> NDArray[np.float32]:
        """Return the weights of its scaled output: from 0 to 1 where it fades in, and back. Neighbours' sum to 1."""
        weights = np.ones(len(self.given) * scale, np.float32)
        ramp = (np.arange(FADE * scale, dtype=np.float32) + 0.5) / (FADE * scale)
        if self.fades_in:
            weights[: len(ramp)] = ramp
        if self.fades_out:
            weights[-len(ramp) :] = ramp[::-1]
        return weights


@dataclass(frozen=True)
class Tiling:
    """Division of frames of one size, (height, width), into ``down`` by ``across`` tiles."""

    height: int
    width: int
    radius: int
    """Radius of the network's receptive field, in pixels."""
    down: int = 1
    across: int = 1

    @property
    def is_whole(self) -> bool:
        return self.down == self.across == 1

    @property
    def largest(self) -> int:
        """Pixels of the largest tile."""
        rows, columns = (max(len(part.taken) for part in parts) for parts in self._parts())
        return rows * columns

    def finer(self) -> Tiling | None:
        """Return a division with one more cut across the tiles' longer side; None if that saves too little memory."""
        rows, columns = (max(len(part.given) for part in parts) for parts in self._parts())
        divisions = [(self.down + 1, self.across), (self.down, self.across + 1)]
        for down, across in divisions if rows >= columns else divisions[::-1]:
            least = min(self.height // down, self.width // across)
            finer = Tiling(self.height, self.width, self.radius, down, across)
            if least >= FADE and finer.largest <= MIN_GAIN * self.largest:
                return finer
        return None

    def run(self, enlarge: Callable[[Batch], Batch], frame: Batch, scale: int) -> Batch:
        """(1, height, width, 3) to (1, height * scale, width * scale, 3), tile by tile."""
        total = np.zeros((self.height * scale, self.width * scale, 3), np.float32)
        rows, columns = self._parts()
        for row in rows:
            for column in columns:
                taken = frame[:, _slice(row.taken), _slice(column.taken)]
                top, left = row.given.start - row.taken.start, column.given.start - column.taken.start
                enlarged = enlarge(np.ascontiguousarray(taken))[0]
                inner = enlarged[_slice(row.given, top, scale), _slice(column.given, left, scale)]
                weights = row.weights(scale)[:, None, None] * column.weights(scale)[None, :, None]
                places = _slice(row.given, row.given.start, scale), _slice(column.given, column.given.start, scale)
                total[places] += inner * weights
        return np.rint(total).astype(np.uint8)[None]

    def _parts(self) -> tuple[list[Part], list[Part]]:
        return (
            list(_along(self.height, self.down, self.radius)),
            list(_along(self.width, self.across, self.radius)),
        )


def _along(length: int, count: int, radius: int) -> Iterator[Part]:
    """Divide one axis into ``count`` parts."""
    bounds = [0, *(GRID * round(length * number / count / GRID) for number in range(1, count)), length]
    half, radius = FADE // 2, radius + -radius % GRID
    for number, (start, stop) in enumerate(pairwise(bounds)):
        fades_in, fades_out = number > 0, number < count - 1
        given = range(start - half * fades_in, stop + half * fades_out)
        taken = range(max(0, given.start - radius), min(length, given.stop + radius))
        yield Part(taken, given, fades_in, fades_out)


def _slice(pixels: range, start: int | None = None, scale: int = 1) -> slice:
    """Return the scaled slice of as many pixels, relative to ``start`` or in place."""
    begin = pixels.start if start is None else start
    return slice(begin * scale, (begin + len(pixels)) * scale)
