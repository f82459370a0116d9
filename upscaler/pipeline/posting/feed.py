"""Feed frames to an encoder, and watch the size of its output."""

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
"""Number of further tries of a clip that is too large."""
LOOK_EVERY = 10
"""Frames between two checks of the size."""


def feed(output: ffmpeg.Stream, frames: Iterable[Frame], limits: Limits, *, label: str) -> None:
    """Run a graph on all of these frames.

    Raises Refused where this ffmpeg lacks the encoder, PipelineError when it fails.
    """
    try:
        with ffmpeg.feeding(output, limits=limits, label=label) as process:
            for frame in frames:
                process.write(flat(frame))
            process.finish()
    except PipelineError as error:
        raise _refusal(error) from error


def feed_up_to(
    max_bytes: int,
    output: ffmpeg.Stream,
    frames: Iterable[Frame],
    count: int,
    target: Path,
    limits: Limits,
    *,
    label: str,
) -> int:
    """Feed frames like ``feed``, but stop as soon as ``target`` is larger than ``max_bytes`` bytes.

    Returns the size of the file, or an estimate of it if stopped. Raises as ``feed`` does.
    """
    target.unlink(missing_ok=True)
    try:
        with ffmpeg.feeding(output, limits=limits, label=label) as process:
            for number, frame in enumerate(frames, start=1):
                process.write(flat(frame))
                if number % LOOK_EVERY == 0 and target.exists() and (size := target.stat().st_size) > max_bytes:
                    return size * count // number
            process.finish()
    except PipelineError as error:
        raise _refusal(error) from error
    return target.stat().st_size


def too_large(max_bytes: int, size: Size) -> Refused:
    """Return the error for a clip that doesn't get small enough."""
    return Refused(
        f"The clip doesn't fit into {max_bytes / MB:g} MB, even at {size.width}x{size.height}. Choose a shorter clip."
    )


def _refusal(error: PipelineError) -> PipelineError:
    if any(words in error.detail for words in NOT_BUILT_IN):
        return Refused(
            "This server's ffmpeg has no encoder for this format. Choose another format.",
            detail=error.detail,
        )
    return error
