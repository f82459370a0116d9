"""Are frames made of two fields, which comes first, and what do they show?

The order is what ffmpeg's idet says of every frame. It looks at the picture, not at the flags: files say interlaced of
progressive pictures, and progressive of interlaced ones. Whether there is anything in it is seen in how the fields of
a sample fit each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.facts import FieldOrder, Fields

from .luma import Luma

TALLEST_FIELD = 288
"""Lines of a field of PAL: a capture of no more holds one field, whatever it looks like."""
LEAST_SHARE = 0.2
"""Of the frames that move. Film in which two of five frames are woven from two moments has 0.4; noise has none."""
LEAST_LEAD = 2.0
"""How many times as often one order must be found than the other: where both are, something else moves lines."""
IDET_KEY = "lavfi.idet.multiple.current_frame"
BLOCK, LEAST_BLOCKS, PURE = 12, 2, 0.6
"""Frames, and what it takes to see two field orders in one clip: so many blocks of each, and so much of one order in
most of them."""
LOOKED_AT, OF = (1, 4), 7
"""Two of seven frames, so that no pattern of two, three, four or five frames hides behind it."""
FITS = 1.5
"""How much less combing means that two fields fit each other; idet's own figure."""
FITS_ANOTHER = 1.85
"""The same for a field that belongs to the frame beside it: 2.2 and more where it does, 1.1 on the corpus."""
MOTION = 12
"""Of 255: fields are compared where they differ from those of the frame before; fine detail combs by itself."""
LEAST_MOTION = 0.005
"""Of the picture."""


@dataclass(frozen=True)
class FieldFacts:
    """See the facts of these names."""

    order: FieldOrder = "progressive"
    share: float = 0.0
    are: Fields = "together"
    changes: bool = False
    """Is the other field the first in a part of the clip? Then ``order`` is that of most of it."""


def can_be_interlaced(height: int) -> bool:
    """Has a picture of so many lines room for two fields?"""
    return height > TALLEST_FIELD


class Combing:
    """How well a frame's fields fit each other, and those of its neighbour. Sees what fools idet: a few edges that move
    in a still picture are enough for it to find an order in progressive frames."""

    def __init__(self) -> None:
        self._seen = 0
        self._last: Luma | None = None
        self._found: list[list[float]] = []
        self._at: list[int] = []

    def see(self, luma: Luma) -> None:
        """The next frame; it must not be changed afterwards."""
        if self._last is not None and self._seen % OF in LOOKED_AT:
            top, bottom = _fields(luma)
            top_before, bottom_before = _fields(self._last)
            moves = (np.abs(top - top_before) > MOTION) | (np.abs(bottom - bottom_before) > MOTION)
            if moves[:-1].mean() >= LEAST_MOTION:
                pairs = ((top, bottom), (top, bottom_before), (top_before, bottom))
                self._found.append([_combing(*pair, moves[:-1]) for pair in pairs])
                self._at.append(self._seen)
        self._last = luma
        self._seen += 1

    def judge(self, order: FieldOrder, among: NDArray[np.bool_]) -> tuple[float, Fields]:
        """Of frames of this order that move: the share whose fields do not fit, and what those fields are.

        ``among`` says of every frame whether it counts.

        A first field that fits the second field of the frame before it far better than that of its own is of the same
        moment: so it is in film on video, and where a capture took the fields of two frames for one. Where the fields
        are 50 or 60 moments a second, it fits both alike, and far better than the other two fit. Where frames are
        whole, both pairs of fields from two frames fit badly.
        """
        found = [one for one, at in zip(self._found, self._at, strict=True) if at < len(among) and among[at]]
        if not found:
            return 0.0, "together"
        own, top_is_new, bottom_is_new = np.array(found).T
        near, far = (top_is_new, bottom_is_new) if order == "tff" else (bottom_is_new, top_is_new)
        tells = far > FITS * np.minimum(own, near)
        unfit = tells & (near * near <= FITS * own * far)
        if not unfit.any():
            return 0.0, "together"
        is_shifted = float(np.median(own[unfit] / np.maximum(near[unfit], 0.01))) > FITS_ANOTHER
        counted = tells & (own > FITS * near) if is_shifted else unfit
        share = int(np.count_nonzero(counted)) / int(np.count_nonzero(tells))
        return share, "shifted" if is_shifted else "apart"


def field_facts(words: Sequence[str], combing: Combing) -> FieldFacts:
    """From what idet says of each frame ("tff", "bff", "progressive") and the combing that was seen."""
    parts = _parts(words)
    if parts is not None:
        found = [_field_facts(words, combing, part) for part in parts]
        if [one.order for one in found] == ["tff", "bff"]:
            return replace(found[int(parts[1].sum() > parts[0].sum())], changes=True)
    return _field_facts(words, combing, np.ones(len(words), bool))


def _field_facts(words: Sequence[str], combing: Combing, among: NDArray[np.bool_]) -> FieldFacts:
    counts = Counter(word for word, counts in zip(words, among, strict=True) if counts)
    told = counts["tff"] + counts["bff"] + counts["progressive"]
    order: FieldOrder = "tff" if counts["tff"] >= counts["bff"] else "bff"
    other = "bff" if order == "tff" else "tff"
    unfit, are = combing.judge(order, among)
    share = min(unfit, (counts["tff"] + counts["bff"]) / told) if told else 0.0
    if share < LEAST_SHARE or counts[order] < LEAST_LEAD * counts[other]:
        return FieldFacts()
    return FieldFacts(order, round(share, 4), are)


def _parts(words: Sequence[str]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]] | None:
    """Of every frame, whether it is in a part that is top or bottom field first; None where one order is everywhere.

    In blocks of frames, since idet errs now and then.
    """
    marks = np.array([{"tff": 1, "bff": -1}.get(word, 0) for word in words])
    blocks = len(marks) // BLOCK
    if blocks < 2 * LEAST_BLOCKS:
        return None
    means = marks[: blocks * BLOCK].reshape(blocks, BLOCK).mean(axis=1)
    top, bottom = means >= PURE, means <= -PURE
    if min(top.sum(), bottom.sum()) < LEAST_BLOCKS or (top | bottom).mean() < PURE:
        return None
    wide = np.minimum(np.arange(len(marks)) // BLOCK, blocks - 1)
    return top[wide], bottom[wide]


def _fields(luma: Luma) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Top and bottom lines, as many of each; every other pixel is enough."""
    lines = len(luma) & ~1
    return luma[0:lines:2, ::2].astype(np.int16), luma[1:lines:2, ::2].astype(np.int16)


def _combing(top: NDArray[np.int16], bottom: NDArray[np.int16], moves: NDArray[np.bool_]) -> float:
    """How far the lines of one field lie from the middle of their neighbours in the other, where something moves."""
    return float(np.abs(2 * bottom[:-1] - top[:-1] - top[1:])[moves].mean())
