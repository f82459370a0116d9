"""How pictures and taps lie in memory, and how large they are.

Pictures are (height, width, channels) floats without a border; channels are whole vectors, and one picture may hold
more of them than a convolution takes or gives, so that those of a dense block write side by side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .method import TAPS, TILE

ROWS = 6
"""Tiles that are multiplied together: two vectors of sums for each still fit in sixteen registers."""
MOST_BLOCK = 54 * 64
"""Tiles times channels that are transformed before they are multiplied: their taps fit in a cache."""
PAD = 16
"""Floats behind each line, so that those of a patch, some power of two apart, don't push each other out of a cache."""
KEPT_LINES = 3 * TILE
"""Of a picture between two layers of a group: the eight that one still takes, and the six that the other gives."""


def line(width: int, channels: int) -> int:
    """Floats from one line of a picture to the next."""
    return width * channels + PAD


@dataclass(frozen=True)
class OverRows:
    """What a kernel gives (height, width) pixels of, a row of tiles at a time."""

    width: int
    height: int

    @property
    def rows(self) -> int:
        return -(-self.height // TILE)


@dataclass(frozen=True)
class Convolution(OverRows):
    """One layer that gives (height, width) pixels; channels are whole vectors.

    ``taken`` channels of a picture that has ``taken_of``, ``given`` of one that has ``given_of``. Of pictures with
    ``lines``, only so many are kept, the next one in the place of the first; 0 keeps all. ``enlarged``: how often a
    pixel of what is taken is repeated each way. ``added``: up to two pictures that are added to the result, as
    (channels, factor).
    """

    taken: int
    taken_of: int
    given: int
    given_of: int
    taken_lines: int = 0
    given_lines: int = 0
    enlarged: int = 1
    added: tuple[tuple[int, float], ...] = ()

    @property
    def columns(self) -> int:
        return -(-self.width // TILE)

    @property
    def blocks(self) -> int:
        most = max(2 * ROWS, MOST_BLOCK // max(self.taken, self.given))
        return -(-self.columns // most)

    @property
    def tiles(self) -> int:
        """In a block, a multiple of ROWS."""
        return math.ceil(self.columns / self.blocks / ROWS) * ROWS

    @property
    def row_bytes(self) -> int:
        """Of a row of tiles, in the mean of what it takes and what it gives."""
        return 4 * TILE * self.width * (self.taken + self.given) // 2

    @property
    def scratch(self) -> int:
        """Floats: a patch or a tile at the border, and a block's taps."""
        return TAPS * (self.slot + self.slice)

    @property
    def slot(self) -> int:
        """Floats for one tap of one tile: what is taken lies in it, then what is given."""
        return max(self.taken, self.given)

    @property
    def slice(self) -> int:
        """Floats for one tap of a block: products are written ROWS slots before what they are made of."""
        return (self.tiles + ROWS) * self.slot
