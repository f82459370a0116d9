"""Detect interlacing: whether frames have two fields, which is first, and what they show.

The order comes from ffmpeg's idet, which looks at the picture and not at the flags, since these are often wrong. How
well the fields of a sample of frames match each other confirms it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.facts import FieldOrder, Fields

from .luma import Luma

MAX_FIELD_HEIGHT = 288
"""Lines of a field of PAL: a capture of no more holds one field, whatever it looks like."""
MIN_SHARE = 0.2
"""Share of the frames with motion. Telecined film, with two of five frames from two moments, has 0.4; noise has 0."""
MIN_LEAD = 2.0
"""Minimum ratio of the two field orders. Where both are frequent, something else moves lines."""
IDET_KEY = "lavfi.idet.multiple.current_frame"
BLOCK, MIN_BLOCKS, MIN_PURITY = 12, 2, 0.6
"""Frames, and what it takes to see two field orders in one clip: so many blocks of each, and so much of one order in
most of them."""
SAMPLED, SAMPLE_PERIOD = (1, 4), 7
"""Two of seven frames, so that the sample catches patterns of two to five frames."""
FIT_RATIO = 1.5
"""Ratio of combing for which two fields match each other; idet's value."""
SHIFTED_FIT_RATIO = 1.85
"""Ratio for a field of the neighbouring frame: 2.2 and more where it matches, 1.1 on the corpus."""
MOTION = 12
"""Of 255: fields are compared only where they differ from the previous frame, since fine detail combs too."""
MIN_MOTION = 0.005
"""Share of the picture."""


@dataclass(frozen=True)
class FieldFacts:
    """The facts on fields; see Facts."""

    order: FieldOrder = "progressive"
    share: float = 0.0
    are: Fields = "together"
    changes: bool = False
    """Whether a part of the video has the other field order. ``order`` is that of most of it."""


def can_be_interlaced(height: int) -> bool:
    """Return whether a picture of this height can have two fields."""
    return height > MAX_FIELD_HEIGHT


class Combing:
    """Measures how well the fields of a frame and of its neighbour match. This corrects idet, which finds a
    field order in progressive frames with a few moving edges."""

    def __init__(self) -> None:
        self._seen = 0
        self._last: Luma | None = None
        self._combings: list[list[float]] = []
        self._at: list[int] = []

    def add(self, luma: Luma) -> None:
        """Measure the next frame; it must not be changed afterwards."""
        if self._last is not None and self._seen % SAMPLE_PERIOD in SAMPLED:
            top, bottom = _fields(luma)
            top_before, bottom_before = _fields(self._last)
            moves = (np.abs(top - top_before) > MOTION) | (np.abs(bottom - bottom_before) > MOTION)
            if moves[:-1].mean() >= MIN_MOTION:
                pairs = ((top, bottom), (top, bottom_before), (top_before, bottom))
                self._combings.append([_combing(*pair, moves[:-1]) for pair in pairs])
                self._at.append(self._seen)
        self._last = luma
        self._seen += 1

    def judge(self, order: FieldOrder, among: NDArray[np.bool_]) -> tuple[float, Fields]:
        """Return the share of moving frames whose fields don't match, and what those fields are.

        ``among`` selects the frames that count.

        A first field that matches the second field of the previous frame far better than its own is of that moment:
        in film on video, and where a capture paired the fields of two frames. Where the fields are 50 or 60 moments per
        second, it matches both equally, and far better than the other two match. Where frames are progressive, both
        pairs of fields from two frames match badly.
        """
        combings = [
            combing for combing, at in zip(self._combings, self._at, strict=True) if at < len(among) and among[at]
        ]
        if not combings:
            return 0.0, "together"
        own, top_is_new, bottom_is_new = np.array(combings).T
        near, far = (top_is_new, bottom_is_new) if order == "tff" else (bottom_is_new, top_is_new)
        tells = far > FIT_RATIO * np.minimum(own, near)
        unfit = tells & (near * near <= FIT_RATIO * own * far)
        if not unfit.any():
            return 0.0, "together"
        is_shifted = float(np.median(own[unfit] / np.maximum(near[unfit], 0.01))) > SHIFTED_FIT_RATIO
        counted = tells & (own > FIT_RATIO * near) if is_shifted else unfit
        share = int(np.count_nonzero(counted)) / int(np.count_nonzero(tells))
        return share, "shifted" if is_shifted else "apart"


def field_facts(words: Sequence[str], combing: Combing) -> FieldFacts:
    """Combine idet's result for each frame ("tff", "bff", "progressive") with the measured combing."""
    parts = _parts(words)
    if parts is not None:
        by_order = [_field_facts(words, combing, part) for part in parts]
        if [facts.order for facts in by_order] == ["tff", "bff"]:
            return replace(by_order[int(parts[1].sum() > parts[0].sum())], changes=True)
    return _field_facts(words, combing, np.ones(len(words), bool))


def _field_facts(words: Sequence[str], combing: Combing, among: NDArray[np.bool_]) -> FieldFacts:
    counts = Counter(word for word, counts in zip(words, among, strict=True) if counts)
    decided = counts["tff"] + counts["bff"] + counts["progressive"]
    order: FieldOrder = "tff" if counts["tff"] >= counts["bff"] else "bff"
    other = "bff" if order == "tff" else "tff"
    unfit, are = combing.judge(order, among)
    share = min(unfit, (counts["tff"] + counts["bff"]) / decided) if decided else 0.0
    if share < MIN_SHARE or counts[order] < MIN_LEAD * counts[other]:
        return FieldFacts()
    return FieldFacts(order, round(share, 4), are)


def _parts(words: Sequence[str]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]] | None:
    """Return which frames are in parts with the top or the bottom field first; None where the order never changes.

    Decides for blocks of frames, since idet errs at times.
    """
    marks = np.array([{"tff": 1, "bff": -1}.get(word, 0) for word in words])
    blocks = len(marks) // BLOCK
    if blocks < 2 * MIN_BLOCKS:
        return None
    means = marks[: blocks * BLOCK].reshape(blocks, BLOCK).mean(axis=1)
    top, bottom = means >= MIN_PURITY, means <= -MIN_PURITY
    if min(top.sum(), bottom.sum()) < MIN_BLOCKS or (top | bottom).mean() < MIN_PURITY:
        return None
    wide = np.minimum(np.arange(len(marks)) // BLOCK, blocks - 1)
    return top[wide], bottom[wide]


def _fields(luma: Luma) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Return the top and the bottom field, of equal height, with every other pixel."""
    lines = len(luma) & ~1
    return luma[0:lines:2, ::2].astype(np.int16), luma[1:lines:2, ::2].astype(np.int16)


def _combing(top: NDArray[np.int16], bottom: NDArray[np.int16], moves: NDArray[np.bool_]) -> float:
    """Return how much the lines of one field differ from the mean of their neighbours in the other, in moving parts."""
    return float(np.abs(2 * bottom[:-1] - top[:-1] - top[1:])[moves].mean())
