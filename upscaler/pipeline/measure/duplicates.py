"""Find frames that repeat the one before them, in spite of a lossy codec."""

from __future__ import annotations

from math import inf

from .frame_difference import Change, change_between
from .luma import Planes

MAX_SAME, MAX_STILL = 1.0, 2.0
"""Of 255, for the block that changes most: a codec's noise in a still picture; more where a neighbour is still too.
The slowest motion of the corpus is 1.8 among frames that change by 4."""
MAX_DRIFT, MAX_PIXEL = 0.9, 12
"""In a still picture, no block's mean changes by a level, and no pixel by more, as a moving dot would."""
MAX_ALIKE, MAX_ALIKE_SHARE, MAX_ALIKE_COLOUR = 6.0, 0.3, 12.0
"""Limits, the last for chroma, where neighbouring frames change far more: 15 frames per second played at 30."""
MAX_CLEAR_PIXELS, MAX_CLEAR_SHARE = 6, 1 / 12000
"""Pixels of such a frame that may differ clearly, and the same as a part of the picture; the corpus has up to 4 of
76,800."""
MAX_MEAN = 0.2
"""Limit of the change of such a frame's mean luma; the corpus has up to 0.07, and a fade of one level has 1."""


class Duplicates:
    """Finds the duplicates of a video, one frame late: the next frame helps to decide.

    A frame has to equal both the one before it and the first of its run, so that slow motion does not add up.
    On the corpus: all 150 of the clip that plays 15 frames per second at 30, and none of the 6,160 frames of the other
    26 clips.
    """

    def __init__(self) -> None:
        self._flags = bytearray()
        self._kept: Planes | None = None
        self._last: Planes | None = None
        self._before = inf
        self._change: Change | None = None

    def add(self, planes: Planes) -> None:
        """Compare the next frame."""
        if self._last is None:
            self._kept = planes
        else:
            change = change_between(planes, self._last)
            self._settle(change.block)
            self._before = inf if self._change is None else self._change.block
            self._change = change
        self._last = planes

    def finish(self) -> bytes:
        """Return a byte per frame: 1 for a duplicate of the one before it."""
        if self._last is not None:
            self._settle(inf)
        self._kept = self._last = None
        return bytes(self._flags)

    def _settle(self, after: float) -> None:
        """Decide about the last frame; ``after`` is the difference of the next one."""
        assert self._kept is not None
        assert self._last is not None
        around = min(self._before, after)
        size = self._last.luma.size
        is_same = self._change is not None and _is_same(self._change, around, size)
        if is_same and self._flags[-1]:
            is_same = _is_same(change_between(self._last, self._kept), around, size)
        if not is_same:
            self._kept = self._last
        self._flags.append(is_same)


def _is_same(change: Change, around: float, size: int) -> bool:
    """Decide by a change. ``around`` is the smaller block change of the neighbours, ``size`` the number of pixels."""
    most = max(change.block, change.colour)
    if change.drift <= MAX_DRIFT and change.pixel <= MAX_PIXEL and (most <= MAX_SAME or max(most, around) <= MAX_STILL):
        return True
    is_alike = (
        around < inf and change.block <= min(MAX_ALIKE, MAX_ALIKE_SHARE * around) and change.colour <= MAX_ALIKE_COLOUR
    )
    return is_alike and change.mean <= MAX_MEAN and change.clear <= max(MAX_CLEAR_PIXELS, MAX_CLEAR_SHARE * size)
