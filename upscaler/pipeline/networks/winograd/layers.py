"""Layers from a weights file, padded to whole vectors for the kernels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .boundary_layers import pack_first
from .convolution import pack
from .emitter import Target
from .method import Floats

Tensors = Mapping[str, NDArray[Any]]
"""A state dict."""


@dataclass(frozen=True)
class Layer:
    """A convolution of 3 by 3 and the PReLU behind it: (given, taken, 3, 3), (given,), (given,)."""

    weights: Floats
    bias: Floats
    slope: Floats

    @property
    def given(self) -> int:
        return len(self.bias)

    @property
    def taken(self) -> int:
        return int(self.weights.shape[1])

    def times(self, factor: float) -> Layer:
        """Return the layer with its output multiplied by ``factor``."""
        return Layer(self.weights * np.float32(factor), self.bias * np.float32(factor), self.slope)

    def widened(self, target: Target, *, with_taken: bool = True) -> Layer:
        """Return the layer padded to whole vectors of channels, with zeros."""
        more = -self.given % target.width
        more_taken = -self.taken % target.width if with_taken else 0
        return Layer(
            np.pad(self.weights, ((0, more), (0, more_taken), (0, 0), (0, 0))),
            np.pad(self.bias, (0, more)),
            np.pad(self.slope, (0, more)),
        )

    def packed(self, target: Target) -> Floats:
        return pack(target, self.weights)

    def packed_first(self) -> Floats:
        return pack_first(self.weights)


def layer(tensors: Tensors, name: str, slope: float | NDArray[Any] = 1.0) -> Layer:
    """Return the convolution of this name. ``slope`` applies below 0: 1 for no activation, 0 for ReLU.

    Raises KeyError if it is missing, ValueError if it isn't a 3 by 3 convolution with a bias.
    """
    weights, bias = (np.asarray(tensors[f"{name}.{part}"], np.float32) for part in ("weight", "bias"))
    if weights.ndim != 4 or weights.shape[2:] != (3, 3) or bias.shape != weights.shape[:1]:
        raise ValueError(f"{name} is no convolution of 3 by 3 with a bias.")
    return Layer(weights, bias, np.broadcast_to(np.asarray(slope, np.float32), bias.shape).copy())
