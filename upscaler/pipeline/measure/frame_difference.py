"""Measure how much two frames differ: in blocks, in pixels and in brightness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .luma import Luma, Planes, block_means

BLOCK = 16
"""Side of a block in luma pixels; half of it for chroma."""
CLEAR_DIFFERENCE = 24
"""Of 255: a larger change of a pixel is motion, or the worst of a codec's noise."""


@dataclass(frozen=True)
class Change:
    """Differences of 255, over luma and both chroma planes unless said otherwise."""

    block: float
    """Mean absolute difference of the block of luma that differs most."""
    colour: float
    """Mean absolute difference of the chroma block that differs most."""
    drift: float
    """Largest change of a block's mean, which a fade causes and a codec's noise does not."""
    pixel: int
    """Difference of the pixel that differs most: a small thing that moves hides in the mean of its block."""
    clear: int
    """Luma pixels that differ clearly, a count."""
    mean: float
    """Change of the picture's mean luma."""


def change_between(one: Planes, other: Planes) -> Change:
    """Compare two frames of one size."""
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
