"""Plan -> frames: the source, filtered, as a stream of RGB pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.filter_step import from_frame
from upscaler.pipeline.core.frame import Frame, flat
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.planning.plan import Plan
from upscaler.pipeline.programs import ffmpeg
from upscaler.pipeline.programs.process import Process


class Decoder:
    """Yields the plan's frames from number ``start`` on. Use it as a context manager.

    Frames before ``start`` are decoded and dropped, from the first one on: seeking by time is
    wrong for some containers, counting never is. Raises PipelineError if the source ends before
    the plan does.
    """

    def __init__(self, path: Path, plan: Plan, limits: Limits, *, start: int = 0) -> None:
        self._plan = plan
        self._position = start
        graph = ffmpeg.apply_steps(
            ffmpeg.source(path, limits, plan.opening)[plan.opening.pictures], from_frame(plan.steps, start)
        )
        command = ffmpeg.arguments(
            ffmpeg.write(graph, to="pipe:", format="rawvideo", pix_fmt="rgb24", fps_mode="passthrough")
        )
        self._process: Process = ffmpeg.start(command, limits=limits, label="The decoder")

    def __enter__(self) -> Decoder:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()

    def close(self) -> None:
        """End the decoder at any frame."""
        self._process.end()

    def __iter__(self) -> Iterator[Frame]:
        shape = (self._plan.source.height, self._plan.source.width, 3)
        while self._position < self._plan.frame_count:
            frame: Frame = np.empty(shape, np.uint8)
            if self._process.read_into(flat(frame)) < frame.nbytes:
                raise PipelineError(
                    f"The decoder returned {self._position} of the {self._plan.frame_count} frames "
                    "counted in the source.",
                    permanent=False,
                    detail=self._process.tail,
                )
            self._position += 1
            yield frame
