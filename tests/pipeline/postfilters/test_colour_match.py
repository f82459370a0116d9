"""The source's colours come back behind the network, and nothing else of it."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.chart import PATCHES, draw, shifts
from upscaler.pipeline.core.frame import Frame
from upscaler.pipeline.networks.backends.nearest import NearestBackend
from upscaler.pipeline.networks.registry import BUILTIN, DEFAULT, open_backend
from upscaler.pipeline.render.postfilters.colour_match import match_colours


def noise(*shape: int) -> Frame:
    return np.random.default_rng(7).integers(0, 256, shape).astype(np.uint8)


def enlarged(frame: Frame, scale: int = 4) -> Frame:
    picture: Frame = NearestBackend(scale).upscale(frame[None])[0]
    return picture


def farthest(one: Frame, other: Frame) -> int:
    return int(np.abs(one.astype(int) - other).max())


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_a_network_that_moves_no_colour_is_not_touched(scale: int) -> None:
    source = noise(37, 53, 3)
    assert farthest(match_colours(source, enlarged(source, scale)), enlarged(source, scale)) == 0


def test_a_shift_of_the_whole_picture_is_gone() -> None:
    source = np.full((48, 64, 3), (90, 130, 200), np.uint8)
    shifted = enlarged(source) + np.array((9, 251, 4), np.uint8)  # 251 wraps round: 5 less
    assert farthest(shifted, enlarged(source)) == 9
    assert farthest(match_colours(source, shifted), enlarged(source)) == 0


def test_the_detail_stays_the_networks() -> None:
    source = np.full((48, 64, 3), 100, np.uint8)
    fine = enlarged(source)
    fine[::2, 1::2] += 40
    fine[1::2, ::2] += 40  # a checkerboard, 20 brighter than the source
    result = match_colours(source, fine)
    assert abs(result.mean() - 100) < 0.6
    assert set(np.unique(result.astype(int) - fine)) == {-20}


def test_black_and_white_do_not_wrap_round() -> None:
    source = np.repeat(np.array([[[0] * 3, [255] * 3]], np.uint8), 32, axis=1).repeat(32, axis=0)
    shifted = np.where(enlarged(source) == 0, 12, 243).astype(np.uint8)
    assert set(np.unique(match_colours(source, shifted))) <= {*range(13), *range(243, 256)}
    for wrong in (shifted, 255 - enlarged(source)):
        result = match_colours(source, wrong)
        assert result.dtype == np.uint8
        assert result[:, :40].max() == 0
        assert result[:, -40:].min() == 255


@pytest.mark.network
def test_the_shift_that_the_shipped_network_adds_is_within_one_of_255() -> None:
    chart = draw(240, 160)
    after = open_backend(BUILTIN[DEFAULT], "fp32").upscale(chart[None])[0]
    without, with_them = (shifts(picture) for picture in (after, match_colours(chart, after)))
    assert len(without) == len(PATCHES)
    assert max(without) > 4
    assert max(with_them) < 1
