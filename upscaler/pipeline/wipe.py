"""A line that sweeps over a clip, with the picture before at its left and the one after at its right.

Made of the comparison clip (stacked.py), whose pictures of one frame can't come apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from . import ffmpeg
from .encode import BT709, Options
from .errors import PipelineError
from .limits import Limits
from .plan import Plan
from .stacked import Box, layout

HOVER_SECONDS = Fraction(4)
HOVER_BYTES = 300 * 1000
HOVER_WIDTH = 320
TRIES = ((HOVER_WIDTH, 26), (HOVER_WIDTH, 32), (HOVER_WIDTH, 38), (HOVER_WIDTH // 2, 38))
"""Width in pixels and CRF, until the file is small enough."""
LINE = 1
"""Half of the line's width, in pixels."""


@dataclass(frozen=True)
class Part:
    """Seconds of a clip."""

    start: Fraction
    seconds: Fraction


def part_around(frame: int, plan: Plan, seconds: Fraction = HOVER_SECONDS) -> Part:
    """As many seconds as are asked for and there are, with a frame of the plan in their middle where that can be."""
    length = min(seconds, plan.duration)
    start = min(max(frame / plan.rate - length / 2, Fraction(0)), plan.duration - length)
    whole = Fraction(int(start * plan.rate)) / plan.rate
    return Part(whole, length)


def make_hover(clip: Path, plan: Plan, frame: int, target: Path, limits: Limits) -> tuple[int, int]:
    """Write a small silent sweep there and back, an H.264 MP4 of at most HOVER_BYTES; gives its size.

    Raises PipelineError when ffmpeg fails, or no try gets small enough.
    """
    part = part_around(frame, plan)
    for width, crf in TRIES:
        height = _even(width * plan.output.height / plan.output.width)
        _write(clip, plan, part, target, (width, height), crf, limits)
        if target.stat().st_size <= HOVER_BYTES:
            return width, height
    raise PipelineError(f"The sweep for the library does not fit into {HOVER_BYTES} bytes.", permanent=True)


def _write(clip: Path, plan: Plan, part: Part, target: Path, size: tuple[int, int], crf: int, limits: Limits) -> None:
    lies = layout(plan)
    both = ffmpeg.own_file(clip, ss=_decimal(part.start), t=_decimal(part.seconds))[ffmpeg.PICTURES]
    pictures = both.filter("setpts", "PTS-STARTPTS").filter_multi_output("split")
    before, after = (_of(pictures[number], box, size) for number, box in enumerate((lies.before, lies.after)))
    swept = ffmpeg.blended(before, after, **_sweep(part.seconds)).filter("format", "yuv420p")
    coded: Options = {"c:v": "libx264", "preset": "medium", "crf": crf, "profile:v": "high"}
    output = ffmpeg.write(
        swept,
        to=target,
        format="mp4",
        map_metadata=-1,
        movflags="+faststart",
        r=str(plan.rate),
        fps_mode="passthrough",
        **coded,
        **BT709,
    )
    ffmpeg.transcode(output, limits=limits, says="The sweep for the library")


def _of(pictures: ffmpeg.Stream, box: Box, size: tuple[int, int]) -> ffmpeg.Stream:
    """One of the two pictures, at the size of the sweep. In 4:4:4, so that the line is where it is in each plane."""
    cut = pictures.filter("crop", box.width, box.height, box.x, box.y)
    return cut.filter("scale", *size, flags="bicubic+accurate_rnd").filter("setsar", "1").filter("format", "yuv444p")


def _sweep(seconds: Fraction) -> dict[str, str]:
    """The blend of each plane: the line begins at the right, reaches the left, and ends where it began."""
    line = f"(W*(1+cos(2*PI*T/{_decimal(seconds)}))/2)"
    sides = f"if(lt(X,{line}),A,B)"
    white = {"c0_expr": 235, "c1_expr": 128, "c2_expr": 128}
    return {plane: f"if(lte(abs(X-{line}),{LINE}),{value},{sides})" for plane, value in white.items()}


def _even(value: float) -> int:
    return max(2, 2 * round(value / 2))


def _decimal(seconds: Fraction) -> str:
    return f"{float(seconds):.6f}"
