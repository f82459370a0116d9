"""Frames in a scratch file, so that a burst of any length takes little memory."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.frame import flat
from upscaler.training.core.twin import Pixels

Frames = NDArray[np.uint8]
"""(frames, height, width, channels), mapped from a file and read-only."""


def spool(frames: Iterable[Pixels], to: Path) -> Frames:
    """Write frames of one size to a file, at least one, and return them.

    Raises PipelineError where the disk is full.
    """
    shape: tuple[int, ...] = ()
    count = 0
    try:
        with to.open("wb") as file:
            for frame in frames:
                shape = frame.shape
                file.write(flat(frame))
                count += 1
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise PipelineError(
            "The disk is full. Free some space for the scratch files of training, then try again.", permanent=False
        ) from error
    height, width, channels = shape
    return mapped(to, width, height, channels, range(count, count + 1))


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
