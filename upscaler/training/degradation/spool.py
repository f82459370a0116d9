"""Frames in a scratch file, so that a burst of any length takes little memory."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.errors import PipelineError, Refused
from upscaler.pipeline.core.frame import flat
from upscaler.training.core.twin import Pixels

Frames = NDArray[np.uint8]
"""(frames, height, width, channels), mapped from a file and read-only."""


def spool(frames: Iterable[Pixels], to: Path) -> Frames:
    """Write frames of one size to a file and return them.

    Raises Refused where there are none, or their sizes differ, and PipelineError where the disk is full.
    """
    shape: tuple[int, ...] | None = None
    count = 0
    try:
        with to.open("wb") as file:
            for frame in frames:
                shape = shape or frame.shape
                if frame.shape != shape:
                    raise Refused(
                        f"Frames of one burst have the sizes {shape[1]}x{shape[0]} and "
                        f"{frame.shape[1]}x{frame.shape[0]}. Use frames of one size."
                    )
                file.write(flat(frame))
                count += 1
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise PipelineError(
            "The disk is full. Free some space for the scratch files of training, then try again.", permanent=False
        ) from error
    if shape is None:
        raise Refused("The burst has no frames.")
    return mapped(to, shape[1], shape[0], shape[2], range(count, count + 1))


def mapped(path: Path, width: int, height: int, channels: int, counts: range) -> Frames:
    """Return the frames of a raw file.

    Raises PipelineError unless their number is in ``counts``.
    """
    size = width * height * channels
    found, rest = divmod(path.stat().st_size, size)
    if found not in counts or rest:
        raise PipelineError(
            f"FFmpeg wrote {found} of {counts[-1]} frames. The disk may be full; free some space, then try again.",
            permanent=False,
        )
    return np.memmap(path, np.uint8, "r", shape=(found, height, width, channels))
