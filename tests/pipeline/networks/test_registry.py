"""Which weights a name or a file means."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.networks.backends.nearest import NearestBackend
from upscaler.pipeline.networks.builtin import BUILTIN, DEFAULT, NEAREST
from upscaler.pipeline.networks.registry import find, open_backend
from upscaler.pipeline.networks.weights import Weights, sha256_of


def test_an_unknown_name_is_refused_with_the_ones_there_are(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=f"no model or file called 'waifu'.*{DEFAULT}"):
        find("waifu", tmp_path)


def test_the_weights_that_ship_are_the_promised_ones() -> None:
    shipped = BUILTIN[DEFAULT]
    assert shipped.path is not None
    assert sha256_of(shipped.path) == shipped.sha256


@pytest.mark.parametrize("name", list(BUILTIN))
def test_weights_survive_json(name: str) -> None:
    assert Weights.from_json(BUILTIN[name].to_json()) == BUILTIN[name]


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_nearest_makes_a_block_of_every_pixel(scale: int) -> None:
    frames = np.random.default_rng(1).integers(0, 255, (2, 3, 5, 3), np.uint8)
    enlarged = NearestBackend(scale).upscale(frames)
    assert enlarged.shape == (2, 3 * scale, 5 * scale, 3)
    np.testing.assert_array_equal(enlarged[:, ::scale, ::scale], frames)
    np.testing.assert_array_equal(enlarged[:, scale - 1 :: scale, scale - 1 :: scale], frames)


def test_nearest_needs_no_file() -> None:
    assert open_backend(BUILTIN[NEAREST], "auto").engine.backend == NEAREST
