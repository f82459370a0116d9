"""Two pictures of one frame become one: a line that sweeps, both beside each other, or one after the other."""

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
"""About so long is the line on its way there and back; a clip holds a whole number of sweeps, so that it loops."""
FLIP_SECONDS = Fraction(3, 2)
LINES_WIDTH = 480
"""Pixels of the picture for each of the line's, which has two at least."""
WHITE = 255

Pair = tuple[Frame, Frame]


def composed(pairs: Iterable[Pair], recipe: PostRecipe, picture: Size, count: int, rate: Fraction) -> Iterator[Frame]:
    """The clip's frames, of ``count`` pairs at ``rate`` a second; each label is part of its own picture."""
    before_label, after_label = (labels.draw(text, picture.height) for text in (labels.BEFORE, labels.AFTER))
    sweeps = max(1, round(count / rate / SWEEP_SECONDS))
    held = max(1, round(FLIP_SECONDS * rate))
    for number, (before, after) in enumerate(pairs):
        if recipe.with_labels:
            before_label.put(before, at_right=False)
            after_label.put(after, at_right=recipe.form != FLIP)  # a flip is seen best where nothing but it moves
        if recipe.form == SIDE:
            yield side(before, after)
        elif recipe.form == FLIP:
            yield before if number // held % 2 == 0 else after
        else:
            yield wiped(before, after, place(number, count, sweeps, picture.width))


def place(number: int, count: int, sweeps: int, width: int) -> int:
    """Where the line is: it begins in the middle, for chats show the first frame, and goes to the left first."""
    return round(width * (1 - math.sin(2 * math.pi * sweeps * number / count)) / 2)


def wiped(before: Frame, after: Frame, x: int) -> Frame:
    """Before at the left of the line, after at its right. Changes ``after``."""
    after[:, :x] = before[:, :x]
    return _lined(after, x)


def side(before: Frame, after: Frame) -> Frame:
    """Both beside each other, with a line between them."""
    both: Frame = np.hstack([before, after])
    return _lined(both, before.shape[1])


def _lined(picture: Frame, x: int) -> Frame:
    half = max(1, round(picture.shape[1] / LINES_WIDTH / 2))
    picture[:, max(0, x - half) : x + half] = WHITE
    return picture
