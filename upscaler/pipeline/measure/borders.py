"""Measure black borders: the narrowest at each side over the whole video.

A line is black by its mean, as in ffmpeg's cropdetect. A frame that is dark at the top seems to have a wide border
there, so the narrowest border of all frames counts. Small text in a bar hardly changes a line's mean, so a few bright
pixels keep the line.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.facts import Border

from .luma import SAMPLE_INTERVAL, Planes

BLACK_LEVEL = {False: 16, True: 0}
"""Luma of black, by whether the range is full."""
BLACK = {False: 24, True: 12}
"""Lines with a mean up to this are black. In TV range 16 leaves letterboxes, 28 takes some of a dark picture."""
TEXT_LEVEL = 64
"""Luma above black that a codec's ringing beside the picture doesn't reach."""
GREY, COLOURED = 128, 40
"""Neutral chroma, and by how much text differs from it. Chroma that bleeds into the border differs less."""
MIN_TEXT_PIXELS = 2
MIN_TEXT_FRAMES = 2
"""One frame may be damaged; text lasts longer."""
MIN_BORDER = 3
"""Pixels. Less at the edge of a capture isn't a bar."""
MIN_SIDE, MIN_AREA_DIVISOR = 16, 8
"""Minimum pixels per side, and an eighth of the picture: less is a light or a title in the dark."""
STEADY_PIXELS = 2
"""Pixels by which a frame's borders may differ from the narrowest ones to count as equal."""


class Borders:
    """Measures the borders of every fifth frame. ``is_full_range`` decides the luma of black."""

    def __init__(self, width: int, height: int, is_full_range: bool) -> None:
        self._width, self._height = width, height
        self._black = BLACK[is_full_range]
        self._writing = BLACK_LEVEL[is_full_range] + TEXT_LEVEL
        self._rows = np.zeros(height, np.uint32)
        self._columns = np.zeros(width, np.uint32)
        self._seen = 0
        self._borders: list[tuple[int, int, int, int]] = []

    def add(self, planes: Planes) -> None:
        """Measure the next frame."""
        if self._seen % SAMPLE_INTERVAL == 0:
            self._measure(planes)
        self._seen += 1

    def border(self) -> Border:
        """Return even numbers of pixels that are black in every frame; none where that is uncertain."""
        if not self._borders:
            return Border()
        found = np.array(self._borders)
        narrowest = np.minimum(found.min(axis=0), self._without_text())
        narrowest[narrowest < MIN_BORDER] = 0
        left, top, right, bottom = (int(side) & ~1 for side in narrowest)
        width, height = self._width - left - right, self._height - top - bottom
        if min(width, height) < MIN_SIDE or MIN_AREA_DIVISOR * width * height < self._width * self._height:
            return Border()
        if 2 * width * height < self._width * self._height and not _is_steady(found, narrowest):
            return Border()
        return Border(left, top, right, bottom)

    def _measure(self, planes: Planes) -> None:
        luma = planes.luma
        rows = np.flatnonzero(luma.sum(axis=1, dtype=np.uint32) // self._width > self._black)
        columns = np.flatnonzero(luma.sum(axis=0, dtype=np.uint32) // self._height > self._black)
        if not len(rows) or not len(columns):
            return
        right, bottom = self._width - 1 - int(columns[-1]), self._height - 1 - int(rows[-1])
        self._borders.append((int(columns[0]), int(rows[0]), right, bottom))
        bright = (luma > self._writing) | self._is_coloured(planes)
        self._rows += np.count_nonzero(bright, axis=1) >= MIN_TEXT_PIXELS
        self._columns += np.count_nonzero(bright, axis=0) >= MIN_TEXT_PIXELS

    def _is_coloured(self, planes: Planes) -> NDArray[np.bool_]:
        """Return which pixels have a strong chroma: blue and dark red are hardly brighter than black."""
        strong = np.zeros(planes.chroma[0].shape, bool)
        for plane in planes.chroma:
            strong |= (plane > GREY + COLOURED) | (plane < GREY - COLOURED)
        wide: NDArray[np.bool_] = strong.repeat(2, axis=0).repeat(2, axis=1)[: self._height, : self._width]
        return wide

    def _without_text(self) -> NDArray[np.int64]:
        """Return the borders without bright pixels."""
        enough = min(MIN_TEXT_FRAMES, len(self._borders))
        rows, columns = np.flatnonzero(self._rows >= enough), np.flatnonzero(self._columns >= enough)
        top, bottom = (rows[0], self._height - 1 - rows[-1]) if len(rows) else (self._height, self._height)
        left, right = (columns[0], self._width - 1 - columns[-1]) if len(columns) else (self._width, self._width)
        return np.array((left, top, right, bottom))


def _is_steady(found: NDArray[np.int64], narrowest: NDArray[np.int64]) -> bool:
    """Return whether most frames have these borders. A light that moves in the dark varies them."""
    return bool((np.median(found, axis=0) - narrowest <= STEADY_PIXELS).all())
