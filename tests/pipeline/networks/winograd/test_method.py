"""The mathematics: a tile by Winograd's method is the tile that the direct way gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from upscaler.pipeline.networks.winograd.method import (
    KERNEL,
    PATCH,
    TAPS,
    TILE,
    transform_input,
    transform_kernels,
    transform_output,
)

NUMBERS = np.random.default_rng(5)


def both_axes(transform: Callable[[Any], Any], values: np.ndarray) -> np.ndarray:
    """A transform of one axis, along both."""
    along = np.stack(transform(list(values)))
    return np.stack(transform(list(along.T)), axis=1)


def test_one_axis_is_a_convolution_of_eight_values_by_three() -> None:
    values, weights = NUMBERS.normal(size=PATCH), NUMBERS.normal(size=3)
    products = np.array(transform_input(list(values))) * (KERNEL @ weights)
    expected = np.correlate(values, weights, "valid")
    np.testing.assert_allclose(transform_output(list(products)), expected, rtol=1e-9)


def test_a_tile_is_that_of_the_direct_way() -> None:
    patch = NUMBERS.normal(size=(PATCH, PATCH, 5))
    weights = NUMBERS.normal(size=(7, 5, 3, 3)).astype(np.float32)
    taps = np.stack([both_axes(transform_input, patch[..., channel]) for channel in range(5)], axis=-1)
    products = np.einsum("kc,kcg->kg", taps.reshape(TAPS, 5), transform_kernels(weights)).reshape(PATCH, PATCH, 7)
    tile = np.stack([both_axes(transform_output, products[..., given]) for given in range(7)])
    direct = torch.nn.functional.conv2d(torch.tensor(patch).permute(2, 0, 1)[None], torch.tensor(weights).double())
    assert tile.shape == (7, TILE, TILE)
    np.testing.assert_allclose(tile, direct[0].numpy(), rtol=1e-5, atol=1e-5)
