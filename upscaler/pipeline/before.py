"""A playable copy of the source as the network saw it, so that a comparison shows the same picture on both sides."""

from __future__ import annotations

from pathlib import Path

from . import ffmpeg
from .encode import BT709, PLAYABLE
from .facts import Facts
from .filters import chain
from .limits import Limits
from .plan import Plan
from .recipe import Filters, Recipe
from .tracks import audible, in_place

WHOLE = Recipe(filters=Filters(crop="off", deinterlace="off"))
"""The pictures of the whole source, as its own playable copy shows them: see proxy.py."""


def is_needed(facts: Facts, plan: Plan) -> bool:
    """Do the plan's pictures differ from those of the source's playable copy: cut, cropped, deinterlaced, cleaned?"""
    return plan.steps != chain(facts, WHOLE)


def make_before(source: Path, facts: Facts, plan: Plan, target: Path, limits: Limits) -> tuple[int, int]:
    """Write an H.264 MP4 of the plan's frames before the network, frame for frame; gives its size.

    With the sound that belongs to them. Raises PipelineError when ffmpeg fails.
    """
    original = ffmpeg.source(source, limits)
    width, height = (side + side % 2 for side in (plan.source.width, plan.source.height))
    pictures = ffmpeg.through(original[ffmpeg.PICTURES], plan.steps).filter("setpts", f"N/({plan.rate}*TB)")
    pictures = pictures.filter("pad", width, height)
    pictures = pictures.filter("scale", out_color_matrix="bt709", out_range="limited", flags="accurate_rnd")
    output = playable(pictures, sound_of(original, facts, plan), plan, target)
    ffmpeg.transcode(output, limits=limits, says="The playable copy of the source")
    return width, height


def playable(
    pictures: ffmpeg.Stream, sound: list[ffmpeg.Stream], plan: Plan, target: Path, **more: str | int
) -> ffmpeg.Stream:
    """The output of BT.709 pictures at the plan's rate, with sound, as an H.264 MP4; ``more`` is the encoder's."""
    options: dict[str, str | int] = {**PLAYABLE, **BT709, "c:a": "aac", "b:a": "160k", **more}
    return ffmpeg.write(
        pictures.filter("format", "yuv420p"),
        *sound,
        to=target,
        format="mp4",
        map_metadata=-1,
        movflags="+faststart",
        r=str(plan.rate),
        fps_mode="passthrough",
        **options,
    )


def sound_of(original: ffmpeg.Stream, facts: Facts, plan: Plan) -> list[ffmpeg.Stream]:
    """The first track of the source that can be heard, from the plan's first frame to its last; [] if there is none."""
    start, end = f"{float(plan.start):.6f}", f"{float(plan.start + plan.duration):.6f}"
    sound = []
    for stream in audible(facts)[:1]:
        track = original[f"a:{stream.index}"].filter("atrim", start=start, end=end)
        track = track.filter("asetpts", f"PTS-{start}/TB")
        sound.append(in_place(track))
    return sound
