"""Red, green and blue come through as they are, whatever is done to the pictures on the way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.clips import ffmpeg
from tests.pipeline.conftest import LIMITS
from tests.pipeline.rendering import Plans
from upscaler.pipeline.core.chroma import planar_rgb_formats
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.input_options import DEFAULT_INPUT
from upscaler.pipeline.core.recipe import Filters, Recipe
from upscaler.pipeline.prefilters import chain
from upscaler.pipeline.programs import ffmpeg as own_ffmpeg
from upscaler.pipeline.render.decode import Decoder
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import probe

Colours = tuple[tuple[int, ...], tuple[int, ...]]

COLOURS: Colours = ((33, 206, 41), (206, 41, 33))
"""Of the left and the right half: numbers that five bits hold."""
KINDS = {
    "bgr0": ("ffv1", "avi"),
    "rgb24": ("qtrle", "mov"),
    "gbrp": ("utvideo", "avi"),
    "pal8": ("zmbv", "avi"),
    "rgb555be": ("qtrle", "mov"),
    "gbrp10le": ("ffv1", "mkv"),
    "rgba64le": ("ffv1", "mkv"),
}


def drawn(folder: Path, pix_fmt: str, size: str = "160x120") -> Path:
    """Four frames, without a rounding that an encoder's own conversion would bring."""
    codec, ending = KINDS[pix_fmt]
    width, height = map(int, size.split("x"))
    left, right = (f"color=0x{bytes(one).hex()}:size={width // 2}x{height}:rate=10:duration=0.4" for one in COLOURS)
    picture = f"{left},format=gbrp[left];{right},format=gbrp[right];[left][right]hstack"
    path = folder / f"{pix_fmt}.{ending}"
    if pix_fmt == "pal8":
        picture += ",split[one][two];[one]palettegen=reserve_transparent=0[few];[two][few]paletteuse=dither=none"
    else:
        picture += f",format=rgb24,scale=flags=neighbor,format={pix_fmt}"  # these two don't dither
    ffmpeg("-filter_complex", picture, "-c:v", codec, path)
    return path


def halves(frame: NDArray[np.uint8]) -> Colours:
    """The colours in the middle of each half."""
    height, width = frame.shape[:2]
    left, right = (frame[height // 2, width * quarter // 4] for quarter in (1, 3))
    return tuple(map(int, left)), tuple(map(int, right))


def through(source: Path, planned: Plans, **chosen: str) -> Colours:
    work = planned(source, Recipe(filters=Filters(**{"crop": "off"} | chosen)))
    with Decoder(source, work.plan, LIMITS) as decoder:
        return halves(list(decoder)[2])


@pytest.mark.parametrize(
    "chosen",
    [{}, {"aspect": "16:9"}, {"denoise": "light"}, {"deblock": "light"}, {"deinterlace": "frame"}, {"crop": "1:1:1:1"}],
    ids=str,
)
@pytest.mark.parametrize("pix_fmt", KINDS)
def test_colours_are_the_sources(pix_fmt: str, chosen: dict[str, str], tmp_path: Path, planned: Plans) -> None:
    assert through(drawn(tmp_path, pix_fmt), planned, **chosen) == COLOURS


@pytest.mark.parametrize(
    ("pix_fmt", "size"), [*((pix_fmt, "160x120") for pix_fmt in KINDS), ("gbrp", "1280x720"), ("pal8", "1280x720")]
)
def test_fields_are_matched_in_yuv_of_one_matrix(pix_fmt: str, size: str, tmp_path: Path, planned: Plans) -> None:
    """Which costs a level, for eight bits of YUV have fewer colours."""
    off = np.subtract(through(drawn(tmp_path, pix_fmt, size), planned, deinterlace="match"), COLOURS)
    assert np.abs(off).max() <= 1


def test_a_palettes_colours_stay_where_the_size_changes_half_way(tmp_path: Path) -> None:
    """Here from the first frame on: to the filters, it is the same."""
    source = drawn(tmp_path, "pal8")
    facts = replace(analyse(source, probe(source, LIMITS), LIMITS), width=200, height=100)
    off = np.subtract(halves(first_frame(source, facts)), COLOURS)
    assert np.abs(off).max() <= 1


def first_frame(source: Path, facts: Facts) -> NDArray[np.uint8]:
    steps = chain(facts, Recipe(filters=Filters(crop="off")))
    graph = own_ffmpeg.apply_steps(own_ffmpeg.source(source, LIMITS, DEFAULT_INPUT)[own_ffmpeg.PICTURES], steps)
    output = own_ffmpeg.write(graph, to="pipe:", format="rawvideo", pix_fmt="rgb24", fps_mode="passthrough")
    frame = np.empty((facts.height, facts.width, 3), np.uint8)
    with own_ffmpeg.reading(output, limits=LIMITS, label="The decoder") as process:
        process.read_into(frame.data.cast("B"))
    return frame


@pytest.mark.parametrize(
    ("pix_fmt", "planes"),
    [
        ("yuv420p", ()), ("yuvj444p", ()), ("gray", ()), ("nv12", ()), ("gbrp", ()), ("gbrap12le", ()),
        ("pal8", ("rgb24", "gbrp")), ("rgb565le", ("rgb24", "gbrp")), ("0rgb", ("rgb24", "gbrp")),
        ("monow", ("rgb24", "gbrp")), ("rgb48be", ("gbrp16",)), ("x2rgb10le", ("gbrp10",)),
    ],
)  # fmt: skip
def test_planes_hold_as_many_bits_as_the_source(pix_fmt: str, planes: tuple[str, ...]) -> None:
    assert planar_rgb_formats(pix_fmt) == planes
