"""Decode chosen frames of a clip to RGB, with an exact and named conversion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.filter_step import Step
from upscaler.pipeline.core.frame import flat
from upscaler.pipeline.core.input_options import DEFAULT_INPUT
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.programs import ffmpeg
from upscaler.training.core.twin import Pixels

OLD_MATRIX, TRUTH_MATRIX = "smpte170m", "bt709"
"""YUV matrices, by ffmpeg's names: BT.601 for old clips, which don't tell it, and BT.709 for truths."""
FLAGS = "bicubic+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"


def decode_frames(
    path: Path, size: tuple[int, int], numbers: Sequence[int], matrix: str
) -> Iterator[tuple[int, Pixels]]:
    """Yield the decoded frames with these rising numbers, as (number, (h, w, 3) RGB), from TV range.

    ``size`` is the coded frame's width and height. Frames are counted as they are decoded, whatever their timestamps.
    Raises PipelineError if the clip ends before the last of them.
    """
    if not numbers:
        return
    limits = Limits()
    steps = (
        Step("select", (("expr", _expression(numbers)),)),
        Step("scale", (("in_color_matrix", matrix), ("in_range", "limited"), ("flags", FLAGS))),
        Step("format", (("pix_fmts", "rgb24"),)),
    )
    graph = ffmpeg.apply_steps(ffmpeg.source(path, limits, DEFAULT_INPUT)[DEFAULT_INPUT.pictures], steps)
    output = ffmpeg.write(
        graph, to="pipe:", format="rawvideo", pix_fmt="rgb24", fps_mode="passthrough", **{"frames:v": len(numbers)}
    )
    with ffmpeg.reading(output, limits=limits, label="The decoder") as process:
        for number in numbers:
            frame: Pixels = np.empty((size[1], size[0], 3), np.uint8)
            if process.read_into(flat(frame)) < frame.nbytes:
                raise PipelineError(
                    f"{path.name} ends before frame {number}. Check that the file is complete.",
                    permanent=True,
                    detail=process.tail,
                )
            yield number, frame


def _expression(numbers: Sequence[int]) -> str:
    """Return an expression for ffmpeg's select filter: a sum of ranges of equal steps."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and (len(runs[-1]) == 1 or number - runs[-1][-1] == runs[-1][1] - runs[-1][0]):
            runs[-1].append(number)
        else:
            runs.append([number])
    return "+".join(_term(run) for run in runs)


def _term(run: Sequence[int]) -> str:
    if len(run) == 1:
        return f"eq(n,{run[0]})"
    step = run[1] - run[0]
    return f"between(n,{run[0]},{run[-1]})*not(mod(n-{run[0]},{step}))"
