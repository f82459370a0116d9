"""Decode frames of a capture: whole ones as truth, or reduced ones to measure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from upscaler.pipeline.core.errors import PipelineError, Refused
from upscaler.pipeline.core.frame import flat
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.programs import ffmpeg
from upscaler.pipeline.source.colour_tags import is_full_range, matrix
from upscaler.pipeline.source.probe import Probe, probe
from upscaler.training.core.capture import Burst, Capture, CaptureKind
from upscaler.training.core.twin import Pixels

from .frame_selection import expression, in_order, runs
from .picture_child import fitted
from .picture_files import picture_files
from .picture_reader import PictureReader

EXACT = "bicubic+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"
"""Flags of ffmpeg's scale filter with which every machine converts YUV to the same RGB."""
REDUCED = "area"


def truth_frames(capture: Capture, bursts: Sequence[Burst], limits: Limits) -> Iterator[tuple[int, Pixels]]:
    """Yield each frame of the bursts once, in order: its number, and (height, width, 3) RGB.

    Numbers count decoded frames, or the pictures of a folder, from 0. Memory holds one frame. The matrix is the tagged
    one, else BT.709 for high definition and BT.601 for less. A video is decoded once, from its beginning to the last
    burst (twice beyond 2,500 bursts, and so on): seeking by time is wrong for some containers, counting never is.

    Raises Refused for a capture that has changed, PipelineError where a frame is missing, and ValueError for bursts
    that overlap.
    """
    ordered = in_order(bursts)
    if ordered and ordered[-1].first + ordered[-1].count > capture.frames:
        raise ValueError(f"The capture has {capture.frames} frames, fewer than the bursts ask for.")
    if capture.kind is CaptureKind.PICTURES:
        yield from _whole_pictures(capture, ordered, limits)
        return
    for group in runs(ordered):
        yield from _decoded(capture, group, (capture.width, capture.height), limits)


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
    yield from _decoded(capture, every, fitted(capture.width, capture.height, longest), limits)


def _decoded(
    capture: Capture, bursts: Sequence[Burst], size: tuple[int, int], limits: Limits
) -> Iterator[tuple[int, Pixels]]:
    """Yield frames of a video, in one run of ffmpeg that ends after the last."""
    probed = probe(capture.path, limits)
    if (probed.width, probed.height) != (capture.width, capture.height):
        raise Refused(f"The file of the capture {capture.id} has changed. Add it to the dataset again.")
    last = bursts[-1].first + bursts[-1].count
    graph = _opened(capture, probed, limits).filter("trim", end_frame=last)
    if sum(burst.count for burst in bursts) < last:
        graph = graph.filter("select", expression(bursts))
    graph = _as_rgb(graph, probed, size, EXACT if size == (capture.width, capture.height) else REDUCED)
    output = ffmpeg.write(graph, to="pipe:", format="rawvideo", pix_fmt="rgb24", fps_mode="passthrough")
    with ffmpeg.reading(output, limits=limits, label="The decoder of the capture") as process:
        for number in (first for burst in bursts for first in range(burst.first, burst.first + burst.count)):
            frame: Pixels = np.empty((size[1], size[0], 3), np.uint8)
            if process.read_into(flat(frame)) < frame.nbytes:
                raise PipelineError(
                    f"The decoder returned no frame {number} of the {capture.frames} of the capture {capture.id}. "
                    "Check that the file hasn't changed, and add it again.",
                    permanent=False,
                    detail=process.tail,
                )
            yield number, frame


def whole_frame_graph(capture: Capture, probed: Probe, limits: Limits) -> ffmpeg.Stream:
    """Return a graph of all frames of a video as RGB, which is the same on every machine."""
    return _as_rgb(_opened(capture, probed, limits), probed, (capture.width, capture.height), EXACT)


def _opened(capture: Capture, probed: Probe, limits: Limits) -> ffmpeg.Stream:
    return ffmpeg.source(capture.path, limits, probed.opening)[probed.opening.pictures]


def _as_rgb(graph: ffmpeg.Stream, probed: Probe, size: tuple[int, int], flags: str) -> ffmpeg.Stream:
    span = "full" if is_full_range(probed) else "limited"
    return graph.filter("scale", *size, in_color_matrix=matrix(probed)[0], in_range=span, flags=flags)


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
