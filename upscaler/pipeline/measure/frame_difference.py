"""By how much two frames differ: in their blocks, in their pixels, in their brightness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .luma import Luma, Planes, block_means

BLOCK = 16
"""Luma pixels a side; of colour, which has half as many, half as much."""
CLEAR_DIFFERENCE = 24
"""Of 255: a pixel that changes by more is a thing that moved, or a codec's worst."""


@dataclass(frozen=True)
class Change:
    """All figures are of 255; those that do not say so, over luma and both planes of colour."""

    block: float
    """Mean absolute difference of the block of luma that differs most."""
    colour: float
    """The same of the planes of colour."""
    drift: float
    """The most that any block became brighter or darker as a whole: what a fade does, and a codec's noise does not."""
    pixel: int
    """Difference of the pixel that differs most: a small thing that moves hides in the mean of its block."""
    clear: int
    """Luma pixels that differ clearly, a count."""
    mean: float
    """By how much the whole picture became brighter or darker."""


def change_between(one: Planes, other: Planes) -> Change:
    """Of two frames of one size."""
    luma = _difference(one.luma, other.luma)
    pairs = [(luma, one.luma, other.luma, BLOCK)]
    pairs += [(_difference(a, b), a, b, BLOCK // 2) for a, b in zip(one.chroma, other.chroma, strict=True)]
    drifts = [np.abs(block_means(a, side) - block_means(b, side)).max() for _, a, b, side in pairs]
    block, *colours = (float(block_means(difference, side).max()) for difference, _, _, side in pairs)
    return Change(
        block=block,
        colour=max(colours),
        drift=float(max(drifts)),
        pixel=max(int(difference.max()) for difference, *_ in pairs),
        clear=int(np.count_nonzero(luma > CLEAR_DIFFERENCE)),
        mean=abs(float(one.luma.mean()) - float(other.luma.mean())),
    )


def _difference(one: Luma, other: Luma) -> Luma:
    return np.maximum(one, other) - np.minimum(one, other)
