"""A copy of the original that browsers play: none of them plays WMV."""

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
from upscaler.pipeline.prefilters.one_size import steps as one_size
from upscaler.pipeline.programs import ffmpeg
from upscaler.pipeline.render.encode import BT709, tagged
from upscaler.pipeline.tracks.sound_format import form_of
from upscaler.pipeline.tracks.sound_timeline import lay_sound
from upscaler.pipeline.tracks.track_plan import audible

MOST_CHANNELS = 8
TICKS = 90_000
"""Of a second, in which times are written."""


def make_proxy(
    source: Path, facts: Facts, target: Path, limits: Limits, on_progress: Callable[[], None] = lambda: None
) -> tuple[int, int]:
    """Write an H.264 MP4 of the source's own size and rate, frame for frame; gives its size.

    The same frames as a plan of the whole clip, so that a frame's number means the same in both. ``on_progress`` may
    raise to end it.
    """
    graph = ffmpeg.source(source, limits, facts.opening)
    recipe = Recipe(filters=Filters(crop="off"))
    steps = (*one_size(facts, recipe), *constant_rate(facts, recipe), *square_pixels(facts, recipe))
    pictures = ffmpeg.through(graph[facts.opening.pictures], steps)
    # where the first frame was, and one frame after another: numbering by slots leaves no times behind
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
    ffmpeg.transcode(output, limits=limits, says="The playable copy", on_progress=on_progress)


def first_sound(
    source: Path,
    facts: Facts,
    folder: Path,
    limits: Limits,
    *,
    start: Fraction = Fraction(0),
    seconds: Fraction | None = None,
) -> list[ffmpeg.Stream]:
    """The first track that can be heard, as bare samples in ``folder``: see laid_sound. [] if there is none."""
    for stream in audible(facts)[:1]:
        form = form_of(stream, MOST_CHANNELS)
        try:
            laid = lay_sound(source, facts, stream, folder / "sound", limits, form=form, start=start, seconds=seconds)
        except Interrupted:
            raise
        except PipelineError:  # a copy for watching is better silent than not there
            return []
        return [laid.node()]
    return []
