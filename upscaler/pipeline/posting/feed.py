"""Frames into an encoder, with an eye on the size of what it writes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from upscaler.pipeline.core.errors import PipelineError, Refused
from upscaler.pipeline.core.frame import Frame, flat
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.planning.plan import Size
from upscaler.pipeline.programs import ffmpeg
from upscaler.pipeline.render.encoders import NOT_BUILT_IN

from .clip_recipe import MB

LOWER_TRIES = 4
"""How often a clip that came out too large is tried again lower."""
LOOK_EVERY = 10
"""Frames between two looks at the size."""


def feed(output: ffmpeg.Stream, frames: Iterable[Frame], limits: Limits, *, says: str) -> None:
    """Run a graph on all of these frames.

    Raises Refused where this ffmpeg has not the encoder, PipelineError when it fails.
    """
    try:
        with ffmpeg.feeding(output, limits=limits, says=says) as process:
            for frame in frames:
                process.write(flat(frame))
            process.finish()
    except PipelineError as error:
        raise _in_words(error) from error


def feed_up_to(
    most: int, output: ffmpeg.Stream, frames: Iterable[Frame], count: int, target: Path, limits: Limits, *, says: str
) -> int:
    """The same, given up as soon as ``target`` is larger than ``most`` bytes.

    Gives the size of the file; of one that was given up, what it would have become. Raises as ``feed`` does.
    """
    target.unlink(missing_ok=True)
    try:
        with ffmpeg.feeding(output, limits=limits, says=says) as process:
            for number, frame in enumerate(frames, start=1):
                process.write(flat(frame))
                if number % LOOK_EVERY == 0 and target.exists() and (size := target.stat().st_size) > most:
                    return size * count // number
            process.finish()
    except PipelineError as error:
        raise _in_words(error) from error
    return target.stat().st_size


def too_large(most: int, size: Size) -> Refused:
    """What is said when nothing gets small enough."""
    pixels = f"{size.width} by {size.height} pixels"
    return Refused(f"It does not fit into {most / MB:g} MB, not even with {pixels}. Choose a shorter clip.")


def _in_words(error: PipelineError) -> PipelineError:
    if any(words in error.detail for words in NOT_BUILT_IN):
        return Refused(
            "The ffmpeg of this server was built without the encoder of this format; choose another one.",
            detail=error.detail,
        )
    return error
