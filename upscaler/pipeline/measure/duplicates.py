"""Frames that show the same as the one before them, in spite of a lossy codec."""

from __future__ import annotations

from math import inf

from .luma import Luma, largest_change

SAME, STILL = 1.0, 2.0
"""Of 255, for the block that changes most: what a codec does to nothing; more where a frame beside it stands still too.
The slowest motion of the corpus is 1.8 among frames that change by 4."""
ALIKE, ALIKE_SHARE = 6.0, 0.3
"""Up to so much where the frames around it change by far more, as in 15 frames a second played at 30."""


class Duplicates:
    """Finds the duplicates of a clip, one frame behind: what comes after a frame says whether it is one.

    A frame has to be like the last one before it and like the one that its run began with, so that slow motion does
    not add up. On the corpus: all 150 of the clip that plays 15 frames a second at 30, and 1 of the 6,160 frames of the
    other 26 clips, where the game itself hardly moved.
    """

    def __init__(self) -> None:
        self._flags = bytearray()
        self._kept: Luma | None = None
        self._last: Luma | None = None
        self._before = self._change = inf

    def see(self, luma: Luma) -> None:
        """The next frame; it must not be changed afterwards."""
        if self._last is None:
            self._kept = luma
        else:
            self._settle(change := largest_change(luma, self._last))
            self._before, self._change = self._change, change
        self._last = luma

    def finish(self) -> bytes:
        """A byte for every frame: 1 for a duplicate of the one before it."""
        if self._last is not None:
            self._settle(inf)
        self._kept = self._last = None
        return bytes(self._flags)

    def _settle(self, after: float) -> None:
        """Decide about the last frame; ``after`` is by how much the next one differs from it."""
        assert self._kept is not None
        assert self._last is not None
        around = min(self._before, after)
        is_same = bool(self._flags) and _is_same(self._change, around)
        if is_same and self._flags[-1]:
            is_same = _is_same(largest_change(self._last, self._kept), around)
        if not is_same:
            self._kept = self._last
        self._flags.append(is_same)


def _is_same(change: float, around: float) -> bool:
    if change <= SAME or max(change, around) <= STILL:
        return True
    return around < inf and change <= min(ALIKE, ALIKE_SHARE * around)
