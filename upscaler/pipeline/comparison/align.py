"""Find the frames of a source that another file shows, by comparing small grey frames of both."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.filter_step import Step
from upscaler.pipeline.core.input_options import InputOptions
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.programs import ffmpeg

WIDTH, HEIGHT = 24, 18
"""Pixels: coarse enough to ignore upscaling, fine enough to tell consecutive frames apart."""
COMPARED = 64
"""Frames, evenly spaced over the file, that are compared with the source."""
REPORT_FRAMES = 100
MIN_CORRELATION = 0.9
"""Correlation from which on frames show the same moments. Encodings of one game clip have 0.999, whatever
their codec and size; a frame off, it is 0.74 to 0.87, and different clips have less than 0.1."""
MIN_MOTION_CORRELATION = 0.8
"""Correlation of the motion from which on frames match: decisive where most of the picture is still."""
MIN_MOTION = 2.0
"""Deviation in levels of brightness from which on something moves."""
MIN_DISTANCE_RATIO = 1.05
"""Least ratio of any other offset's distance to the best one's; below it, noise may decide."""
FLAT = 1e-6

Pictures = NDArray[np.uint8]
"""(frames, HEIGHT * WIDTH), 0 to 255."""


@dataclass(frozen=True)
class Place:
    """Position of a file in the source."""

    offset: int
    """Number of the source's frame that its first frame shows."""
    likeness: float
    """Correlation of both, -1 to 1."""
    is_clear: bool
    """True if every other offset is clearly worse."""

    motion: float
    """Correlation of what moves in both; 1 where nothing does."""

    @property
    def is_found(self) -> bool:
        return self.likeness >= MIN_CORRELATION and self.motion >= MIN_MOTION_CORRELATION


def pictures(
    path: Path,
    opening: InputOptions,
    steps: Iterable[Step],
    limits: Limits,
    on_frame: Callable[[int], None] | None = None,
) -> Pictures:
    """Return every frame after these steps, small and grey: a megabyte per 2,400 frames.

    ``on_frame`` is called with the number of decoded frames, every hundred frames.
    """
    graph = ffmpeg.apply_steps(ffmpeg.source(path, limits, opening)[opening.pictures], steps)
    small = graph.filter("scale", WIDTH, HEIGHT, flags="area").filter("format", "gray")
    output = ffmpeg.write(small, to="pipe:", format="rawvideo", fps_mode="passthrough")
    parts = bytearray()
    picture = bytearray(WIDTH * HEIGHT)
    with ffmpeg.reading(output, limits=limits, label="The decoder") as process:
        while process.read_into(memoryview(picture)) == len(picture):
            parts += picture
            seen = len(parts) // len(picture)
            if on_frame is not None and seen % REPORT_FRAMES == 0:
                on_frame(seen)
        process.finish()
    return np.frombuffer(bytes(parts), np.uint8).reshape(-1, WIDTH * HEIGHT)


def place(source: Pictures, file: Pictures, step: int = 1) -> Place:
    """Find the file's frames among the source's; only offsets that are multiples of ``step`` are tried.

    The file must not have more frames than the source. Overall brightness and contrast are ignored: every tool
    changes them.
    """
    compared = np.unique(np.linspace(0, len(file) - 1, min(COMPARED, len(file))).astype(int))
    normalised = _normalised(file[compared])
    offsets = range(0, len(source) - len(file) + 1, step)
    likeness = np.array([float((_normalised(source[offset + compared]) * normalised).mean()) for offset in offsets])
    best = int(likeness.argmax())
    away = 1 - likeness
    others = np.delete(away, best)
    is_clear = bool((others > away[best] * MIN_DISTANCE_RATIO).all())
    moved = _motion(source[best * step + compared], file[compared])
    return Place(best * step, float(likeness[best]), is_clear, moved)


def _motion(source: Pictures, file: Pictures) -> float:
    """Return the correlation of both files' differences from their mean frame."""
    apart = [frames.astype(np.float32) - frames.mean(axis=0, dtype=np.float32) for frames in (source, file)]
    deviations = [float(frames.std()) for frames in apart]
    if deviations[0] < MIN_MOTION:
        return 1.0
    return float((apart[0] * apart[1]).mean()) / max(deviations[0] * deviations[1], FLAT)


def _normalised(frames: Pictures) -> NDArray[np.float32]:
    """Normalise to mean 0 and deviation 1 over all frames; all zeros where they are flat."""
    values = frames.astype(np.float32)
    values -= values.mean()
    deviation = float(values.std())
    return values / deviation if deviation > FLAT else np.zeros_like(values)
