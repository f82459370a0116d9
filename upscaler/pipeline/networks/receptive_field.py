"""Measure the radius of a network's receptive field, in source pixels."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

LENGTHS = (128, 512, 2048)
LINES = 16
"""Height of the measured strips: the field of a convolution is as wide as it is high."""
PHASES = 4
"""Neighbouring positions to measure: for networks that process blocks of pixels, the radius depends on them."""


def receptive_field_radius(network: Callable[[Tensor], Tensor], device: torch.device, dtype: torch.dtype) -> int | None:
    """Measure the radius by one NaN pixel, which spreads to every pixel that depends on it, whatever the weights.

    Returns None if it spreads over the whole of the longest strip.
    """
    for length in LENGTHS:
        radii = [_spread(network, length, length // 2 + phase, device, dtype) for phase in range(PHASES)]
        if all(each is not None for each in radii):
            return max(each for each in radii if each is not None)
    return None


def _spread(
    network: Callable[[Tensor], Tensor], length: int, place: int, device: torch.device, dtype: torch.dtype
) -> int | None:
    strip = torch.zeros((1, 3, LINES, length), dtype=dtype, device=device)
    strip[..., LINES // 2, place] = torch.nan
    with torch.inference_mode():
        result = network(strip)
    scale = result.shape[-1] // length
    felt = result.isnan().any(dim=2).any(dim=1)[0].nonzero().flatten() // scale
    first, last = int(felt.min()), int(felt.max())
    return None if first == 0 or last == length - 1 else max(place - first, last - place)
