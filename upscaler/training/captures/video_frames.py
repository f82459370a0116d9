"""Decode frames of a video by their numbers: counted from the first, or from one that is sought by its time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from upscaler.pipeline.core.errors import PipelineError, Refused
from upscaler.pipeline.core.frame import flat
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.programs import ffmpeg
from upscaler.pipeline.source.colour_tags import is_full_range, matrix
from upscaler.pipeline.source.probe import Probe, probe
from upscaler.training.core.capture import Burst, Capture
from upscaler.training.core.twin import Pixels

from .frame_selection import expression, runs

EXACT = "bicubic+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"
"""Flags of ffmpeg's scale filter with which every machine converts YUV to the same RGB."""
REDUCED = "area"
FAR = 600
"""Frames from which on seeking is faster than decoding them."""
SEEK_MARGIN = Fraction(2)
"""Seconds by which ffmpeg seeks too early, since an index may be off and frames may need earlier ones."""
TRIED = (FAR + 17, FAR + 298)
"""Frames that are sought and counted, to compare both: at two places between key frames."""


def decode_bursts(
    capture: Capture, bursts: Sequence[Burst], size: tuple[int, int], limits: Limits
) -> Iterator[tuple[int, Pixels]]:
    """Yield the frames of bursts that are in order, with their numbers, in ``size`` (width, height).

    Raises Refused for a file that has another size now, and PipelineError where a frame is missing.
    """
    if not bursts:
        return
    probed = probe(capture.path, limits)
    if (probed.width, probed.height) != (capture.width, capture.height):
        raise Refused(f"The file of the capture {capture.id} has changed. Add it to the dataset again.")
    for group in runs(bursts, FAR if capture.first_time is not None else None):
        yield from _decoded(capture, probed, group, size, limits)


def seeking_is_exact(capture: Capture, limits: Limits) -> bool:
    """Tell whether frames that are sought by ``first_time`` are those that are counted.

    False for short videos, which need no seeking.
    """
    tried = [number for number in TRIED if number < capture.frames]
    if len(tried) < len(TRIED) or capture.first_time is None:
        return False
    counted = dict(
        decode_bursts(replace(capture, first_time=None), [Burst(number, 1) for number in tried], _size(capture), limits)
    )
    try:
        sought = {
            number: frame
            for tried_one in tried
            for number, frame in decode_bursts(capture, [Burst(tried_one, 1)], _size(capture), limits)
        }
    except PipelineError:  # no frame has the time that it should have
        return False
    return all(np.array_equal(counted[number], sought[number]) for number in tried)


def whole_frame_graph(capture: Capture, probed: Probe, limits: Limits) -> ffmpeg.Stream:
    """Return a graph of all frames of a video as RGB, which is the same on every machine."""
    return _as_rgb(_opened(capture, probed, limits), probed, _size(capture), EXACT)


def seek_arguments(command: list[str], seconds: Fraction) -> list[str]:
    """Return a command of ffmpeg that begins at the last key frame before ``seconds`` of its input, or earlier."""
    at = command.index("-i")
    return [*command[:at], "-noaccurate_seek", "-ss", f"{max(0.0, float(seconds)):.6f}", *command[at:]]


def _decoded(
    capture: Capture, probed: Probe, bursts: Sequence[Burst], size: tuple[int, int], limits: Limits
) -> Iterator[tuple[int, Pixels]]:
    """Yield frames in one run of ffmpeg, which ends after the last."""
    first, last = bursts[0].first, bursts[-1].first + bursts[-1].count
    start = _time_of(capture, first) if first >= FAR else None
    skipped = first if start is not None else 0
    graph = _opened(capture, probed, limits)
    if start is not None and capture.rate:
        graph = graph.filter("trim", start=f"{float(start - 1 / (2 * capture.rate)):.6f}")
    graph = graph.filter("trim", end_frame=last - skipped)
    if sum(burst.count for burst in bursts) < last - skipped:
        graph = graph.filter("select", expression(bursts, skipped))
    graph = _as_rgb(graph, probed, size, EXACT if size == _size(capture) else REDUCED)
    command = ffmpeg.arguments(
        ffmpeg.write(graph, to="pipe:", format="rawvideo", pix_fmt="rgb24", fps_mode="passthrough")
    )
    if start is not None:
        command = seek_arguments(command, start - SEEK_MARGIN)
    with ffmpeg.start(command, limits=limits, label="The decoder of the capture") as process:
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


def _time_of(capture: Capture, number: int) -> Fraction | None:
    """Return when a frame begins, in seconds; None where it has to be counted."""
    if capture.first_time is None or not capture.rate:
        return None
    return capture.first_time + number / capture.rate


def _size(capture: Capture) -> tuple[int, int]:
    return capture.width, capture.height


def _opened(capture: Capture, probed: Probe, limits: Limits) -> ffmpeg.Stream:
    return ffmpeg.source(capture.path, limits, probed.opening)[probed.opening.pictures]


def _as_rgb(graph: ffmpeg.Stream, probed: Probe, size: tuple[int, int], flags: str) -> ffmpeg.Stream:
    span = "full" if is_full_range(probed) else "limited"
    return graph.filter("scale", *size, in_color_matrix=matrix(probed)[0], in_range=span, flags=flags)
