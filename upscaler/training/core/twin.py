"""Twins: low-resolution frames as an old clip shows them, each beside the truth that it shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
UNKNOWN_QUANTISER = 0
"""In a plane of quantisers: the codec doesn't tell. Quantisers themselves are 1 to 31."""


@dataclass(frozen=True)
class Pair:
    """One frame of a twin: ``low`` is (h, w, 3) RGB, ``truth`` is (4h, 4w, 3) RGB.

    ``quantisers`` is (h, w): the quantiser of each pixel's macroblock, on MPEG-4's scale of 1 to 31, or
    UNKNOWN_QUANTISER. ``number`` is the truth's number in its capture.
    """

    number: int
    low: Pixels
    truth: Pixels
    quantisers: Pixels
