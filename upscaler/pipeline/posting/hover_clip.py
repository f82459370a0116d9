"""The hover clip: a line sweeps over a video, with before on its left and after on its right.

It is made from the comparison clip (comparison_clip.py), whose two pictures are in sync.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.frame import Frame
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.planning.plan import Plan, Size
from upscaler.pipeline.programs import ffmpeg
from upscaler.pipeline.render.encode import BT709, Options, in_bt709, tagged

from .clip_recipe import scaled
from .feed import feed
from .frame_pairs import CancelCheck, Part, pairs
from .layouts import wiped

HOVER_SECONDS = Fraction(4)
HOVER_BYTES = 300 * 1000
HOVER_WIDTH = 320
TRIES = ((HOVER_WIDTH, 26), (HOVER_WIDTH, 32), (HOVER_WIDTH, 38), (HOVER_WIDTH // 2, 38))
"""Width in pixels and CRF of each try, until the file is small enough."""
SAYS = "The hover clip"


def frames_around(frame: int, plan: Plan, seconds: Fraction = HOVER_SECONDS) -> range:
    """Return the frames of ``seconds`` around a frame, within the plan."""
    count = min(round(seconds * plan.rate), plan.frame_count)
    first = min(max(frame - count // 2, 0), plan.frame_count - count)
    return range(first, first + count)


def make_hover_clip(
    clip: Path, plan: Plan, frame: int, target: Path, limits: Limits, raise_if_cancelled: CancelCheck
) -> tuple[int, int]:
    """Write a small silent sweep there and back, an H.264 MP4 of at most HOVER_BYTES; returns its size.

    Raises PipelineError when ffmpeg fails or no try is small enough, and what ``raise_if_cancelled`` raises. That is
    called with the number of each frame.
    """
    shown = frames_around(frame, plan)
    part = Part(clip, plan, shown.start, len(shown))
    for width, crf in TRIES:
        size = scaled(plan.output, width)
        feed(_output(part, size, crf, target), _swept(part, size, limits, raise_if_cancelled), limits, label=SAYS)
        if target.stat().st_size <= HOVER_BYTES:
            return size.width, size.height
    raise PipelineError(f"The hover clip doesn't fit into {HOVER_BYTES:,} bytes.", permanent=True)


def _swept(part: Part, size: Size, limits: Limits, raise_if_cancelled: CancelCheck) -> Iterator[Frame]:
    """Yield frames in which the line moves from the right to the left and back."""
    for number, (before, after) in enumerate(pairs(part, size, limits, raise_if_cancelled)):
        yield wiped(before, after, round(size.width * (1 + math.cos(2 * math.pi * number / part.count)) / 2))


def _output(part: Part, size: Size, crf: int, target: Path) -> ffmpeg.Stream:
    drawn = ffmpeg.raw_frames(size.width, size.height, str(part.rate))
    pictures = tagged(in_bt709(drawn, None, "bicubic").filter("format", "yuv420p"), BT709)
    coded: Options = {"c:v": "libx264", "preset": "medium", "crf": crf, "profile:v": "high"}
    return ffmpeg.write(
        pictures.filter("setsar", "1"),
        to=target,
        format="mp4",
        map_metadata=-1,
        movflags="+faststart",
        fps_mode="passthrough",
        **coded,
        **BT709,
    )
