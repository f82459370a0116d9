"""The comparison clip: both pictures of every frame in one, so that one decoder keeps them in sync.

The picture after is on top, the one before below it in its own size; the page enlarges it as a player would.
"""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.filter_step import from_frame
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.output.output_timing import shown
from upscaler.pipeline.planning.plan import Plan, Size
from upscaler.pipeline.programs import ffmpeg
from upscaler.pipeline.render.encode import bounded, in_bt709

from .proxy import first_sound
from .source_clip import playable

LONGEST = Fraction(20 * 60)
"""Seconds. For longer results the page synchronises two videos instead: a clip would cost as much as they do."""
MACRO_BLOCK = 16
"""Pixels: the side of x264's blocks, none of which may contain both pictures."""
KEY_FRAMES_PER_SECOND = 1
CRF = 19


@dataclass(frozen=True)
class Box:
    """Position of one of the pictures, in pixels of the clip."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Layout:
    """Layout of the clip's frames, in pixels."""

    width: int
    height: int
    before: Box
    after: Box

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def is_short_enough(plan: Plan) -> bool:
    """Tell whether the result is short enough for a clip."""
    return plan.duration <= LONGEST


def layout(plan: Plan) -> Layout:
    """Return the layout. A result that is too large for browsers is scaled down."""
    above = bounded(plan.output)
    below = bounded(plan.source)
    top = _up_to(above.height, MACRO_BLOCK)
    return Layout(
        width=_up_to(max(above.width, below.width), MACRO_BLOCK),
        height=top + _up_to(below.height, MACRO_BLOCK),
        before=Box(0, top, below.width, below.height),
        after=Box(0, 0, above.width, above.height),
    )


def make_comparison_clip(
    source: Path,
    result: Path,
    facts: Facts,
    plan: Plan,
    target: Path,
    limits: Limits,
    *,
    part: tuple[int, int] | None = None,
) -> tuple[int, int]:
    """Write the clip, an H.264 MP4 with the sound of the plan's part of the source; returns its size.

    ``part`` limits the clip to (first frame, number of frames). Earlier frames are decoded and dropped: counting is
    right in every container, seeking isn't.

    Raises PipelineError when ffmpeg fails, or the clip has not as many frames as the plan or the part.
    """
    clip_layout = layout(plan)
    original = ffmpeg.source(source, limits, facts.opening)
    shown_before = ffmpeg.apply_steps(original[facts.opening.pictures], plan.steps)
    shown_after = ffmpeg.result_file(result)[ffmpeg.PICTURES]
    if part is not None:
        first, frames = part
        shown_before = ffmpeg.apply_steps(original[facts.opening.pictures], from_frame(plan.steps, first))
        shown_before = shown_before.filter("trim", end_frame=frames)
        shown_after = shown_after.filter("trim", start_frame=first, end_frame=first + frames)
        plan = replace(plan, start=plan.start + first / plan.rate, frame_count=frames)
    below, above = _numbered(shown_before, plan), _numbered(shown_after, plan)
    below = _fitted(below, plan.source, clip_layout.before)
    above = _fitted(above, plan.output, clip_layout.after).filter("pad", clip_layout.width, clip_layout.height)
    both = ffmpeg.overlay(above, below, x=clip_layout.before.x, y=clip_layout.before.y)
    key_frames = max(1, round(plan.rate / KEY_FRAMES_PER_SECOND))
    with tempfile.TemporaryDirectory(prefix="sound-", dir=target.parent) as folder:
        sound = first_sound(source, facts, Path(folder), limits, start=plan.start, seconds=plan.duration)
        output = playable(both, sound, target, crf=CRF, g=key_frames)
        ffmpeg.transcode(output, limits=limits, label="The comparison clip")
    frames = shown(target, limits).frames
    if frames != plan.frame_count:
        raise PipelineError(f"The comparison clip has {frames} frames instead of {plan.frame_count}.", permanent=True)
    return clip_layout.width, clip_layout.height


def _numbered(pictures: ffmpeg.Stream, plan: Plan) -> ffmpeg.Stream:
    """Set times by frame number alone, so that frames of the same number are combined."""
    ticks = Fraction(plan.time_scale) / plan.rate
    numbered = pictures.filter("settb", f"1/{plan.time_scale}").filter("setpts", f"N*{ticks}")
    return numbered.filter("fps", str(plan.rate))


def _fitted(pictures: ffmpeg.Stream, size: Size, box: Box) -> ffmpeg.Stream:
    """Convert to BT.709 in TV range and to the box's size, padded to whole macro blocks with the last column and line:
    black would bleed into the picture."""
    boxed = Size(box.width, box.height)
    pictures = in_bt709(pictures, None if boxed == size else boxed, "bicubic")
    width, height = _up_to(box.width, MACRO_BLOCK), _up_to(box.height, MACRO_BLOCK)
    pictures = pictures.filter("format", "yuv444p").filter("pad", width, height)
    if (width, height) != (box.width, box.height):
        pictures = pictures.filter("fillborders", right=width - box.width, bottom=height - box.height, mode="smear")
    return pictures.filter("setsar", "1").filter("format", "yuv420p")


def _up_to(value: int, step: int) -> int:
    return -(-value // step) * step
