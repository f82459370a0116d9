"""A browser copy of the network's input, so that a comparison shows the same frames on both sides."""

from __future__ import annotations

import tempfile
from pathlib import Path

from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.recipe import Filters, Recipe
from upscaler.pipeline.planning.plan import Plan
from upscaler.pipeline.prefilters import chain
from upscaler.pipeline.programs import ffmpeg
from upscaler.pipeline.render.encode import BT709, PLAYABLE, tagged

from .proxy import first_sound

WHOLE = Recipe(filters=Filters(crop="off", deinterlace="off"))
"""Recipe of the source's own browser copy: see proxy.py."""


def is_needed(facts: Facts, plan: Plan) -> bool:
    """Tell whether the plan's frames differ from the proxy's: trimmed, cropped, deinterlaced or filtered."""
    return plan.steps != chain(facts, WHOLE)


def make_source_clip(source: Path, facts: Facts, plan: Plan, target: Path, limits: Limits) -> tuple[int, int]:
    """Write an H.264 MP4 of the plan's frames before the network, frame for frame; returns its size.

    Includes their sound. Raises PipelineError when ffmpeg fails.
    """
    original = ffmpeg.source(source, limits, facts.opening)
    width, height = (side + side % 2 for side in (plan.source.width, plan.source.height))
    pictures = ffmpeg.apply_steps(original[facts.opening.pictures], plan.steps).filter("setpts", f"N/({plan.rate}*TB)")
    pictures = pictures.filter("fps", str(plan.rate)).filter("pad", width, height)
    pictures = pictures.filter("scale", out_color_matrix="bt709", out_range="limited", flags="accurate_rnd")
    with tempfile.TemporaryDirectory(prefix="sound-", dir=target.parent) as folder:
        sound = first_sound(source, facts, Path(folder), limits, start=plan.start, seconds=plan.duration)
        output = playable(pictures, sound, target)
        ffmpeg.transcode(output, limits=limits, label="The browser copy of the source")
    return width, height


def playable(pictures: ffmpeg.Stream, sound: list[ffmpeg.Stream], target: Path, **more: str | int) -> ffmpeg.Stream:
    """Return the output node of an H.264 MP4, of BT.709 frames at the fps filter's rate; ``more`` are encoder
    options."""
    options: dict[str, str | int] = {**PLAYABLE, **BT709, "c:a": "aac", "b:a": "160k", **more}
    return ffmpeg.write(
        tagged(pictures.filter("format", "yuv420p"), BT709),
        *sound,
        to=target,
        format="mp4",
        map_metadata=-1,
        movflags="+faststart",
        fps_mode="passthrough",
        **options,
    )
