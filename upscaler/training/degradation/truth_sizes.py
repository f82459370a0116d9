"""The truths of a burst in all sizes that its twins need, of one reading of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.frame import flat
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.programs.process import Process
from upscaler.training.core import pinned_ffmpeg
from upscaler.training.core.twin import Pixels

from .scaling import scaler_arguments
from .spool import Frames, mapped, spool

SCALE = 4
Size = tuple[int, int]
"""(width, height)."""


def truths_for(truths: Iterable[Pixels], sizes: Iterable[Size], folder: Path, limits: Limits) -> dict[Size, Frames]:
    """Return the truths (n, 4 * height, 4 * width, 3) for low-resolution frames of each size.

    Larger truths are scaled down by area while they are read, so that a capture of 3840x2160 takes no more of the disk
    than its twins need. Raises Refused if there are no truths, if they are too small, or if their sizes differ, and
    PipelineError where FFmpeg fails or the disk is full.
    """
    frames = iter(truths)
    first = next(frames, None)
    if first is None:
        raise Refused("The burst has no frames.")
    source = first.shape[1], first.shape[0]
    targets = {size: (SCALE * size[0], SCALE * size[1]) for size in sizes}
    for size, target in targets.items():
        _check_size(source, size, target)
    paths = {size: folder / f"truths-{size[0]}x{size[1]}.rgb" for size in targets}
    with contextlib.ExitStack() as stack:
        scalers = [
            stack.enter_context(_scaler(source, target, paths[size], limits))
            for size, target in targets.items()
            if target != source
        ]
        passing = _through(chain((first,), frames), scalers)
        whole = next((size for size, target in targets.items() if target == source), None)
        native = spool(passing, paths[whole]) if whole else None
        count = len(native) if native is not None else sum(1 for _ in passing)
        for scaler in scalers:
            scaler.finish()
    counts = range(count, count + 1)
    found = {size: mapped(paths[size], *target, 3, counts) for size, target in targets.items() if size != whole}
    return found | ({whole: native} if whole and native is not None else {})


def _check_size(source: Size, size: Size, target: Size) -> None:
    if source[0] < target[0] or source[1] < target[1]:
        raise Refused(
            f"A capture of {source[0]}x{source[1]} is too small for clips of {size[0]}x{size[1]}. "
            f"Use a capture of at least {target[0]}x{target[1]}, or smaller clips."
        )


def _scaler(source: Size, target: Size, to: Path, limits: Limits) -> Process:
    words = scaler_arguments("area", source, target, to)
    return pinned_ffmpeg.start(words, limits=limits, label="The scaler", takes_input=True)


def _through(frames: Iterable[Pixels], scalers: Sequence[Process]) -> Iterator[Pixels]:
    """Yield the frames, each after every scaler got it."""
    shape: tuple[int, ...] | None = None
    for frame in frames:
        shape = shape or frame.shape
        if frame.shape != shape:
            raise Refused(
                f"Frames of one burst have the sizes {shape[1]}x{shape[0]} and "
                f"{frame.shape[1]}x{frame.shape[0]}. Use frames of one size."
            )
        for scaler in scalers:
            scaler.write(flat(frame))
        yield frame
