"""The mathematics of F(6x6, 3x3): a patch of 8 by 8 in, a tile of 6 by 6 out.

Interpolated at 0, +-1, +-2, +-1/2 and infinity. The transforms are written once, for any type that can be added,
subtracted and multiplied by a number: arrays in the tests, vectors of the processor in ``convolution``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

TILE = 6
PATCH = TILE + 2
TAPS = PATCH**2

Values = Sequence[Any]
Floats = NDArray[np.float32]

KERNEL = np.array(
    [
        [1, 0, 0],
        [-2 / 9, -2 / 9, -2 / 9],
        [-2 / 9, 2 / 9, -2 / 9],
        [1 / 90, 1 / 45, 2 / 45],
        [1 / 90, -1 / 45, 2 / 45],
        [1 / 45, 1 / 90, 1 / 180],
        [1 / 45, -1 / 90, 1 / 180],
        [0, 0, 1],
    ]
)
"""Transform of three weights of one axis."""


def transform_input(d: Values) -> list[Any]:
    """Transform eight values of one axis of a patch to eight for elementwise multiplication."""
    one, one_odd = d[2] + d[6] - 4.25 * d[4], d[1] + d[5] - 4.25 * d[3]
    two, two_odd = d[6] + 0.25 * d[2] - 1.25 * d[4], 2.0 * d[5] + 0.5 * d[1] - 2.5 * d[3]
    half, half_odd = d[6] + 4.0 * d[2] - 5.0 * d[4], 0.5 * d[5] + 2.0 * d[1] - 2.5 * d[3]
    return [
        d[0] - d[6] + 5.25 * (d[4] - d[2]),
        one + one_odd,
        one - one_odd,
        two + two_odd,
        two - two_odd,
        half + half_odd,
        half - half_odd,
        d[7] - d[1] + 5.25 * (d[3] - d[5]),
    ]


def transform_output(m: Values) -> list[Any]:
    """Transform eight products of one axis, summed over the channels, to six values of a tile."""
    one, one_odd = m[1] + m[2], m[1] - m[2]
    two, two_odd = m[3] + m[4], m[3] - m[4]
    half, half_odd = m[5] + m[6], m[5] - m[6]
    return [
        m[0] + one + two + 32.0 * half,
        one_odd + 2.0 * two_odd + 16.0 * half_odd,
        one + 4.0 * two + 8.0 * half,
        one_odd + 8.0 * two_odd + 4.0 * half_odd,
        one + 16.0 * two + 2.0 * half,
        one_odd + 32.0 * two_odd + half_odd + m[7],
    ]


def transform_kernels(weights: Floats) -> Floats:
    """Transform (given, taken, 3, 3) to (64, taken, given)."""
    given, taken = weights.shape[:2]
    transformed = np.einsum("ia,ocab,jb->ijco", KERNEL, weights.astype(np.float64), KERNEL)
    return np.ascontiguousarray(transformed.reshape(TAPS, taken, given), np.float32)
