"""The quantiser of each macroblock of an old file, from its bitstream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.errors import PipelineError, Refused
from upscaler.pipeline.core.filter_step import Step
from upscaler.pipeline.core.frame import flat
from upscaler.pipeline.core.input_options import InputOptions
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.programs import ffmpeg, ffprobe
from upscaler.training.core.twin import UNKNOWN_QUANTISER

TELLING = frozenset(
    ("mpeg4", "msmpeg4v1", "msmpeg4v2", "msmpeg4v3", "wmv1", "wmv2", "flv1", "h263", "mpeg1video", "mpeg2video")
)
"""ffprobe's names of the codecs whose decoders export quantisers, in FFmpeg 5.1, 7.1 and 9 alike. H.264's quantisers
are exported too, but the filter that shows them fails on H.264 in 5.1 and shows other units in 9."""
SIDE_DATA = "venc_params"
FILTERS = (
    Step("format", (("pix_fmts", "yuv420p"),)),
    Step("lutyuv", (("u", 0), ("v", 0))),
    Step("codecview", (("qp", 1),)),
    Step("extractplanes", (("planes", "v"),)),
)
"""A frame to the plane of its quantisers, half as wide and as high. codecview writes q * 128 // 31 into the chroma of
each macroblock, where q is the quantiser of MPEG-1 and MPEG-4, or half of MPEG-2's quantiser_scale. A frame whose
decoder tells nothing keeps the zeros."""
HIGHEST = 31

Plane = NDArray[np.uint8]
"""(height, width): the quantiser of each pixel's macroblock, 1 to 31, or UNKNOWN_QUANTISER."""


def _inverse() -> NDArray[np.uint8]:
    """Return the quantiser for each level that codecview writes. MPEG-2's non-linear scale goes beyond 31."""
    table = np.full(256, UNKNOWN_QUANTISER, np.uint8)
    for quantiser in range(1, 62):
        table[quantiser * 128 // 31] = min(quantiser, HIGHEST)
    return table


QUANTISER_OF = _inverse()
"""The quantiser for each level that codecview writes."""


@dataclass(frozen=True)
class _Exporting(InputOptions):
    """Open a source so that its decoder exports quantisers."""

    def options(self) -> dict[str, str | int | float]:
        return super().options() | {"export_side_data": SIDE_DATA}


def quantisers(source: Path, limits: Limits, opening: InputOptions | None = None) -> Iterator[Plane] | None:
    """Return the planes of quantisers of a file's frames, one for each decoded frame in order; None where its codec
    doesn't tell.

    The system's ffmpeg decodes, as it does to upscale. The decoder of MPEG-1 and MPEG-2 tells nothing of the last
    frame, whose plane holds UNKNOWN_QUANTISER. Raises Refused if the file has no video, and PipelineError if it can't
    be decoded, or if its frames change their size.
    """
    opening = opening or InputOptions()
    stream = _stream(source, limits, opening)
    if stream.get("codec_name") not in TELLING:
        return None
    return _planes(source, limits, opening, int(stream["width"]), int(stream["height"]))


def _stream(source: Path, limits: Limits, opening: InputOptions) -> dict[str, Any]:
    """Return ffprobe's report on the first video stream that is no cover art."""
    for stream in ffprobe.probe(source, limits, opening=opening)["streams"]:
        if stream.get("codec_type") == "video" and not stream.get("disposition", {}).get("attached_pic"):
            return dict(stream)
    raise Refused("This file has no video. Use a file that has one.")


def _planes(source: Path, limits: Limits, opening: InputOptions, width: int, height: int) -> Iterator[Plane]:
    exporting = _Exporting(opening.pictures, opening.probe_bytes, opening.probe_microseconds)
    graph = ffmpeg.apply_steps(ffmpeg.source(source, limits, exporting)[opening.pictures], FILTERS)
    output = ffmpeg.write(graph, to="pipe:", format="rawvideo", fps_mode="passthrough")
    small = np.empty((-(-height // 2), -(-width // 2)), np.uint8)
    with ffmpeg.reading(output, limits=limits, label="The decoder") as process:
        while (count := process.read_into(flat(small))) == small.nbytes:
            yield expand(small, width, height)
        process.wait()
        if count:
            raise PipelineError("The frames of this video change their size.", permanent=True, detail=process.tail)


def expand(small: Plane, width: int, height: int) -> Plane:
    """Return the quantisers of all pixels for codecview's levels, half as wide and as high."""
    return QUANTISER_OF[small].repeat(2, axis=0).repeat(2, axis=1)[:height, :width]
