"""Decode frames of a capture: whole ones as truth, or reduced ones to measure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.limits import Limits
from upscaler.training.core.capture import Burst, Capture, CaptureKind
from upscaler.training.core.twin import Pixels

from .frame_selection import in_order
from .picture_child import fitted
from .picture_files import picture_files
from .picture_reader import PictureReader
from .video_frames import decode_bursts


def truth_frames(capture: Capture, bursts: Sequence[Burst], limits: Limits) -> Iterator[tuple[int, Pixels]]:
    """Yield each frame of the bursts once, in order: its number, and (height, width, 3) RGB.

    Numbers count decoded frames, or the pictures of a folder, from 0. Memory holds one frame. The matrix is the tagged
    one, else BT.709 for high definition and BT.601 for less. A video is decoded once for all bursts (twice beyond 2,500
    bursts, and so on): without long gaps between them where ``probe_capture`` found that seeking is exact, else from
    its beginning to the last burst.

    Raises Refused for a capture that has changed, PipelineError where a frame is missing, and ValueError for bursts
    that overlap.
    """
    ordered = in_order(bursts)
    if ordered and ordered[-1].first + ordered[-1].count > capture.frames:
        raise ValueError(f"The capture has {capture.frames} frames, fewer than the bursts ask for.")
    if capture.kind is CaptureKind.PICTURES:
        yield from _whole_pictures(capture, ordered, limits)
        return
    yield from decode_bursts(capture, ordered, (capture.width, capture.height), limits)


def reduced_frames(capture: Capture, longest: int, limits: Limits) -> Iterator[tuple[int, Pixels | None]]:
    """Yield every frame with its number, reduced to ``longest`` pixels on the longer side.

    None stands for a picture that can't be read, or whose size isn't the capture's.
    """
    if capture.kind is CaptureKind.PICTURES:
        with PictureReader(limits) as reader:
            for number, path in enumerate(_pictures_of(capture)):
                fits = reader.facts(path).size == (capture.width, capture.height)
                yield number, reader.pixels(path, longest=longest) if fits else None
        return
    every = (Burst(0, capture.frames),)
    yield from decode_bursts(capture, every, fitted(capture.width, capture.height, longest), limits)


def _whole_pictures(capture: Capture, bursts: Sequence[Burst], limits: Limits) -> Iterator[tuple[int, Pixels]]:
    paths = _pictures_of(capture)
    with PictureReader(limits) as reader:
        for number in (first for burst in bursts for first in range(burst.first, burst.first + burst.count)):
            pixels = reader.pixels(paths[number])
            if pixels is None or pixels.shape[:2] != (capture.height, capture.width):
                raise Refused(
                    f"The picture {paths[number].name} can't be read as {capture.width}x{capture.height} pixels. "
                    "Exclude it from the dataset."
                )
            yield number, pixels


def _pictures_of(capture: Capture) -> list[Path]:
    paths = picture_files(capture.path)
    if len(paths) != capture.frames:
        raise Refused(
            f"The folder of the capture {capture.id} has changed: it had {capture.frames} pictures and has "
            f"{len(paths)} now. Add it to the dataset again."
        )
    return paths
