"""Memory layout and sizes of pictures and taps.

Pictures are (height, width, channels) floats without a border; channels are whole vectors, and one picture may hold
more of them than a convolution reads or writes, so that the layers of a dense block share one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .method import TAPS, TILE

ROWS = 6
"""Tiles multiplied together: two vectors of sums for each fit in sixteen registers."""
MAX_BLOCK = 54 * 64
"""Tiles times channels per block: their taps fit in a cache."""
PAD = 16
"""Floats after each line: lines of a patch a power of two apart would evict each other from the cache."""
KEPT_LINES = 3 * TILE
"""Lines of a picture between two layers of a group: eight that one reads, and six that the other writes."""


def line(width: int, channels: int) -> int:
    """Return the floats from one line of a picture to the next."""
    return width * channels + PAD


@dataclass(frozen=True)
class OverRows:
    """Shape of a kernel that writes (height, width) pixels, a row of tiles at a time."""

    width: int
    height: int

    @property
    def rows(self) -> int:
        return -(-self.height // TILE)


@dataclass(frozen=True)
class Convolution(OverRows):
    """One layer that writes (height, width) pixels; channels are whole vectors.

    It reads ``taken`` channels of a picture that has ``taken_of``, and writes ``given`` of one that has ``given_of``.
    ``taken_lines`` and ``given_lines``: lines of a ring buffer, or 0 for a whole picture. ``enlarged``: repetition of
    an input pixel each way. ``added``: up to two pictures that are added to the output, as (channels, factor).
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
        most = max(2 * ROWS, MAX_BLOCK // max(self.taken, self.given))
        return -(-self.columns // most)

    @property
    def tiles(self) -> int:
        """Tiles per block, a multiple of ROWS."""
        return math.ceil(self.columns / self.blocks / ROWS) * ROWS

    @property
    def row_bytes(self) -> int:
        """Bytes of a row of tiles, averaged over input and output."""
        return 4 * TILE * self.width * (self.taken + self.given) // 2

    @property
    def scratch(self) -> int:
        """Floats: a patch or a tile at the border, and a block's taps."""
        return TAPS * (self.slot + self.slice)

    @property
    def slot(self) -> int:
        """Floats for one tap of one tile: first of the input, then of the output."""
        return max(self.taken, self.given)

    @property
    def slice(self) -> int:
        """Floats for one tap of a block: products are written ROWS slots before their factors."""
        return (self.tiles + ROWS) * self.slot
