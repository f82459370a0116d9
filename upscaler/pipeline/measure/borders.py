"""Black borders: how little of each side is black, over the whole clip.

A line is black as ffmpeg's cropdetect has it, by its mean. A frame that is dark at the top has a wide border there, so
only the narrowest border that any frame shows counts. Small writing in a bar hardly lifts a line's mean: a few bright
pixels are enough to keep it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.facts import Border

from .luma import SAMPLE, Planes

BLACK_LEVEL = {False: 16, True: 0}
"""By whether the luma has full range."""
BLACK = {False: 24, True: 12}
"""Means up to this are black. In TV range 16 leaves letterboxes, 28 takes some of a dark picture."""
WRITING = 64
"""Above the black level: what no ringing of a codec beside the picture reaches."""
GREY, COLOURED = 128, 40
"""Of colour, and by how much writing differs from it: what bleeds from the picture into its border has less."""
WRITING_PIXELS = 2
WRITING_FRAMES = 2
"""One frame may be damaged; writing stays for longer."""
NARROWEST = 3
"""Pixels. Less at the edge of a capture is no bar, and not worth an odd shape."""
SMALLEST_SIDE, SMALLEST_SHARE = 16, 8
"""Pixels a side, and an eighth of the picture: less is a lamp or a title in the dark."""
STEADY = 2
"""Pixels by which a frame's borders may differ from the narrowest ones and still agree with them."""


class Borders:
    """Looks at every fifth frame. ``is_full_range`` says where black lies."""

    def __init__(self, width: int, height: int, is_full_range: bool) -> None:
        self._width, self._height = width, height
        self._black = BLACK[is_full_range]
        self._writing = BLACK_LEVEL[is_full_range] + WRITING
        self._rows = np.zeros(height, np.uint32)
        self._columns = np.zeros(width, np.uint32)
        self._seen = 0
        self._found: list[tuple[int, int, int, int]] = []

    def see(self, planes: Planes) -> None:
        """The next frame."""
        if self._seen % SAMPLE == 0:
            self._look(planes)
        self._seen += 1

    def border(self) -> Border:
        """Even numbers of pixels that are black in every frame; none where that can't be told."""
        if not self._found:
            return Border()
        found = np.array(self._found)
        narrowest = np.minimum(found.min(axis=0), self._without_writing())
        narrowest[narrowest < NARROWEST] = 0
        left, top, right, bottom = (int(side) & ~1 for side in narrowest)
        width, height = self._width - left - right, self._height - top - bottom
        if min(width, height) < SMALLEST_SIDE or SMALLEST_SHARE * width * height < self._width * self._height:
            return Border()
        if 2 * width * height < self._width * self._height and not _is_steady(found, narrowest):
            return Border()
        return Border(left, top, right, bottom)

    def _look(self, planes: Planes) -> None:
        luma = planes.luma
        rows = np.flatnonzero(luma.sum(axis=1, dtype=np.uint32) // self._width > self._black)
        columns = np.flatnonzero(luma.sum(axis=0, dtype=np.uint32) // self._height > self._black)
        if not len(rows) or not len(columns):
            return
        right, bottom = self._width - 1 - int(columns[-1]), self._height - 1 - int(rows[-1])
        self._found.append((int(columns[0]), int(rows[0]), right, bottom))
        bright = (luma > self._writing) | self._is_coloured(planes)
        self._rows += np.count_nonzero(bright, axis=1) >= WRITING_PIXELS
        self._columns += np.count_nonzero(bright, axis=0) >= WRITING_PIXELS

    def _is_coloured(self, planes: Planes) -> NDArray[np.bool_]:
        """Which pixels have a colour of their own: blue and dark red are hardly brighter than black."""
        strong = np.zeros(planes.chroma[0].shape, bool)
        for plane in planes.chroma:
            strong |= (plane > GREY + COLOURED) | (plane < GREY - COLOURED)
        wide: NDArray[np.bool_] = strong.repeat(2, axis=0).repeat(2, axis=1)[: self._height, : self._width]
        return wide

    def _without_writing(self) -> NDArray[np.int64]:
        """The borders that have no bright pixels in them."""
        enough = min(WRITING_FRAMES, len(self._found))
        rows, columns = np.flatnonzero(self._rows >= enough), np.flatnonzero(self._columns >= enough)
        top, bottom = (rows[0], self._height - 1 - rows[-1]) if len(rows) else (self._height, self._height)
        left, right = (columns[0], self._width - 1 - columns[-1]) if len(columns) else (self._width, self._width)
        return np.array((left, top, right, bottom))


def _is_steady(found: NDArray[np.int64], narrowest: NDArray[np.int64]) -> bool:
    """Do most frames show these very borders? A lamp that moves in the dark has others in every frame."""
    return bool((np.median(found, axis=0) - narrowest <= STEADY).all())
