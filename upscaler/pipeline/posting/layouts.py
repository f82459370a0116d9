"""Compose the two pictures of a frame: a sweeping line, side by side, or one after the other."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction

import numpy as np

from upscaler.pipeline.core.frame import Frame
from upscaler.pipeline.planning.plan import Size

from . import labels
from .clip_recipe import FLIP, SIDE, PostRecipe

SWEEP_SECONDS = 8
"""Approximate length of a sweep there and back; a clip has a whole number of sweeps, so that it loops."""
FLIP_SECONDS = Fraction(3, 2)
LINES_WIDTH = 480
"""Pixels of the picture's width per pixel of the line's, which has at least two."""
WHITE = 255

Pair = tuple[Frame, Frame]


def composed(pairs: Iterable[Pair], recipe: PostRecipe, picture: Size, count: int, rate: Fraction) -> Iterator[Frame]:
    """Yield the clip's frames, from ``count`` pairs at ``rate`` per second; each label is part of its own picture."""
    before_label, after_label = (labels.draw(text, picture.height) for text in (labels.BEFORE, labels.AFTER))
    sweeps = max(1, round(count / rate / SWEEP_SECONDS))
    held = max(1, round(FLIP_SECONDS * rate))
    for number, (before, after) in enumerate(pairs):
        if recipe.with_labels:
            before_label.put(before, at_right=False)
            after_label.put(after, at_right=recipe.form != FLIP)  # nothing but the picture should change in a flip
        if recipe.form == SIDE:
            yield side(before, after)
        elif recipe.form == FLIP:
            yield before if number // held % 2 == 0 else after
        else:
            yield wiped(before, after, place(number, count, sweeps, picture.width))


def place(number: int, count: int, sweeps: int, width: int) -> int:
    """Return the line's position. It starts in the middle, since chats show the first frame, and goes left first."""
    return round(width * (1 - math.sin(2 * math.pi * sweeps * number / count)) / 2)


def wiped(before: Frame, after: Frame, x: int) -> Frame:
    """Draw before on the left of the line and after on its right. Changes ``after``."""
    after[:, :x] = before[:, :x]
    return _with_line(after, x)


def side(before: Frame, after: Frame) -> Frame:
    """Put both side by side, with a line between them."""
    both: Frame = np.hstack([before, after])
    return _with_line(both, before.shape[1])


def _with_line(picture: Frame, x: int) -> Frame:
    half = max(1, round(picture.shape[1] / LINES_WIDTH / 2))
    picture[:, max(0, x - half) : x + half] = WHITE
    return picture
