"""Truths to low-resolution frames: kernels of FFmpeg's scaler at its exact settings, and a blur."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.limits import Limits
from upscaler.training.core import pinned_ffmpeg
from upscaler.training.core.twin import Pixels

from .spool import Frames, mapped

EXACT = "accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"
"""Without them the scaler rounds down, halves the chroma first, and differs between processors."""
KERNELS: dict[str, str] = {
    "area": f"area+{EXACT}",
    "bicubic": f"bicubic+{EXACT}",
    "lanczos": f"lanczos+{EXACT}",
}
"""The scaler's flags for each kernel. Those of bicubic and Lanczos widen with the factor, so none aliases."""
RGB_TO_OLD = f"scale=in_range=full:out_range=limited:out_color_matrix=bt601:flags={EXACT}"
"""RGB to the colours that old clips have: BT.601 in TV range."""
OLD_TO_RGB = f"scale=in_range=limited:in_color_matrix=bt601:out_range=full:flags=bicubic+{EXACT}"


def scale(
    frames: Iterable[Pixels], to: Path, kernel: str, source: tuple[int, int], target: tuple[int, int], limits: Limits,
    *, blur: float = 0.0,
) -> Frames:  # fmt: skip
    """Scale RGB frames from one size (width, height) to another, and return them, mapped from the file ``to``.

    ``blur`` is the sigma of a Gaussian blur before, in pixels of the scaled frames. Raises Refused for a kernel that
    doesn't exist, and PipelineError where FFmpeg fails.
    """
    words = scaler_arguments(kernel, source, target, to)
    sigma = blur * source[1] / target[1]
    count = pinned_ffmpeg.feed(words, _blurred(frames, sigma), limits=limits, label="The scaler")
    return mapped(to, *target, 3, range(count, count + 1))


def scaler_arguments(kernel: str, source: tuple[int, int], target: tuple[int, int], to: Path) -> list[str | Path]:
    """Return FFmpeg's arguments to scale RGB frames from the pipe into a raw file. Raises Refused as ``scale`` does."""
    if kernel not in KERNELS:
        raise Refused(f"There is no scaling kernel {kernel}. Use one of {', '.join(KERNELS)}.")
    chain = f"scale={target[0]}:{target[1]}:flags={KERNELS[kernel]}"
    one_thread = ("-threads", "1", "-filter_threads", "1")
    return [*one_thread, *raw(*source), "-vf", chain, "-pix_fmt", "rgb24", "-f", "rawvideo", to]


def raw(width: int, height: int, rate: str = "30") -> list[str]:
    """Return FFmpeg's options for RGB frames from the pipe."""
    size = f"{width}x{height}"
    return ["-f", "rawvideo", "-pix_fmt", "rgb24", "-video_size", size, "-framerate", rate, "-i", "pipe:"]


def _blurred(frames: Iterable[Pixels], sigma: float) -> Iterator[Pixels]:
    """OpenCV's blur of 8-bit pictures is in integers, equal on every machine."""
    import cv2

    for frame in frames:
        yield np.asarray(cv2.GaussianBlur(frame, (0, 0), sigma), np.uint8) if sigma else frame
