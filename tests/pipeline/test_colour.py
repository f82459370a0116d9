"""Colours come through: 24 patches, every way of writing them down, every preset out, read back by the tags.

Every pixel of the inner half of each patch counts, and its worst channel.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest

from benchmarks.chart import SOURCES, Source, last_picture, make, worst_pixel
from tests.flashing import same_machine
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.presets import PRESETS
from upscaler.pipeline.core.recipe import Filters, Recipe
from upscaler.pipeline.render.encoders import check_all
from upscaler.pipeline.run import upscale_file

LOSSLESS, LOSSY = 2, 4
"""Of 255. Eight bits of YUV alone cost up to 2 on the way in."""

unavailable = cache(check_all)


def through(source: Source, preset: str, folder: Path, *settings: str) -> int:
    """The chart through the whole path; by how much the worst pixel is off."""
    clip, target = make(source, folder / "chart.mkv"), folder / f"result.{PRESETS[preset].container}"
    filters = Filters()
    for setting in settings:
        filters = filters.with_setting(setting)
    recipe = Recipe(preset=preset, scale=Fraction(1), filters=filters)
    with same_machine():
        upscale_file(clip, target, "nearest", recipe, Limits(stall_seconds=30), lambda *_: None, force=False)
    return worst_pixel(last_picture(target))


EIGHT_OF_SIXTEEN = [
    source
    for source in SOURCES
    if (source.size == "HD") ^ (source.matrix == "709") ^ (source.range == "full") ^ source.tagged
]
"""Any three of size, matrix, range and tags in all their combinations; benchmarks/colour.py goes through all 16."""


@pytest.mark.parametrize("source", EIGHT_OF_SIXTEEN, ids=str)
def test_every_kind_of_source_is_read_rightly(tmp_path: Path, source: Source) -> None:
    assert through(source, "ffv1", tmp_path, *source.settings) <= LOSSLESS


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_says_its_colours_rightly(tmp_path: Path, name: str) -> None:
    reason = unavailable()[PRESETS[name].encoder]
    if reason:
        pytest.skip(reason)
    error = through(Source("SD", "601", "tv", tagged=False), name, tmp_path)
    assert error <= (LOSSLESS if PRESETS[name].is_lossless else LOSSY)


def test_an_untagged_range_is_taken_for_tv_range(tmp_path: Path) -> None:
    """Full range then comes out with too much contrast, until it is said. TV range is read rightly: each preset."""
    assert through(Source("SD", "601", "full", tagged=False), "ffv1", tmp_path) > 10
