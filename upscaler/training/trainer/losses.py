"""The loss of the pixel stage."""

from __future__ import annotations

from torch import Tensor

EPSILON = 1e-3


def charbonnier(enlarged: Tensor, truth: Tensor) -> Tensor:
    """Return the mean of sqrt(d^2 + epsilon^2) over all values of 0 to 1 (Charbonnier et al., 1994)."""
    return ((enlarged - truth).square() + EPSILON**2).sqrt().mean()
