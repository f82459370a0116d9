"""The proxy: a copy of the original that browsers play."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from upscaler.pipeline.core.errors import Interrupted, PipelineError
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.recipe import Filters, Recipe
from upscaler.pipeline.prefilters.aspect import steps as square_pixels
from upscaler.pipeline.prefilters.constant_rate import steps as constant_rate
from upscaler.pipeline.prefilters.uniform_format import steps as uniform_format
from upscaler.pipeline.programs import ffmpeg
from upscaler.pipeline.render.encode import BT709, tagged
from upscaler.pipeline.tracks.sound_format import encodable_form
from upscaler.pipeline.tracks.sound_timeline import write_sound_timeline
from upscaler.pipeline.tracks.track_plan import decodable_audio

MAX_CHANNELS = 8
TICKS = 90_000
"""Ticks per second of the written timestamps."""


def make_proxy(
    source: Path, facts: Facts, target: Path, limits: Limits, on_progress: Callable[[], None] = lambda: None
) -> tuple[int, int]:
    """Write an H.264 MP4 of the source's own size and rate, frame for frame; returns its size.

    It has the frames of a plan of the whole clip, so that frame numbers agree. ``on_progress`` may raise to cancel.
    """
    graph = ffmpeg.source(source, limits, facts.opening)
    recipe = Recipe(filters=Filters(crop="off"))
    steps = (*uniform_format(facts, recipe), *constant_rate(facts, recipe), *square_pixels(facts, recipe))
    pictures = ffmpeg.apply_steps(graph[facts.opening.pictures], steps)
    # times by frame number from the first frame's on: constant_rate leaves none
    begins = f"({facts.begins})*{TICKS}"
    pictures = pictures.filter("settb", f"1/{TICKS}").filter("setpts", f"N*{TICKS}/({facts.rate})+{begins}")
    width, height = facts.display_width + facts.display_width % 2, facts.height + facts.height % 2
    colour = {"in_color_matrix": facts.matrix, "out_color_matrix": "bt709", "out_range": "limited"}
    colour["in_range"] = "full" if facts.full_range else "limited"
    pictures = pictures.filter("pad", width, height).filter("scale", **colour)
    pictures = tagged(pictures.filter("format", "yuv420p"), BT709)
    with tempfile.TemporaryDirectory(prefix="sound-", dir=target.parent) as folder:
        sound = first_sound(source, facts, Path(folder), limits, start=facts.zero)
        _write(pictures, sound, target, limits, on_progress)
    return width, height


def _write(
    pictures: ffmpeg.Stream,
    sound: list[ffmpeg.Stream],
    target: Path,
    limits: Limits,
    on_progress: Callable[[], None],
) -> None:
    options: dict[str, str | int] = {
        "c:v": "libx264",
        "preset": "veryfast",
        "crf": 18,
        "c:a": "aac",
        "b:a": "160k",
        "map_metadata": -1,
        "movflags": "+faststart",
        "fps_mode": "passthrough",
        "enc_time_base": f"1/{TICKS}",
        "video_track_timescale": TICKS,
        **BT709,
    }
    output = ffmpeg.write(pictures, *sound, to=target, format="mp4", **options)
    ffmpeg.transcode(output, limits=limits, label="The browser copy", on_progress=on_progress)


def first_sound(
    source: Path,
    facts: Facts,
    folder: Path,
    limits: Limits,
    *,
    start: Fraction = Fraction(0),
    seconds: Fraction | None = None,
) -> list[ffmpeg.Stream]:
    """Write the first audible track as raw samples into ``folder``: see lay_sound. Returns its node, or [] for none."""
    for stream in decodable_audio(facts)[:1]:
        form = encodable_form(stream, MAX_CHANNELS)
        try:
            laid = write_sound_timeline(
                source, facts, stream, folder / "sound", limits, form=form, start=start, seconds=seconds
            )
        except Interrupted:
            raise
        except PipelineError:  # a silent copy is better than none
            return []
        return [laid.node()]
    return []
