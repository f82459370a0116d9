"""Our end of the render child: start it, ask it, hear its answers, end it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.programs.process import Process
from upscaler.pipeline.render.render_child import Request

POLL_SECONDS = 0.5
DIED = "The process that runs the network died (out of memory?); the segment will be tried again."


class RenderChild:
    """The one child of this worker. It is started by the first request and kept."""

    def __init__(self) -> None:
        self._process: Process | None = None

    def render(self, request: Request) -> Iterator[dict[str, Any] | None]:
        """The child's answers, the last one of kind "done"; None whenever half a second brought none.

        Raises PipelineError for an answer of kind "error", or when the child dies. Whoever stops
        listening before "done" has to call ``end``.
        """
        process = self._running()
        process.write(memoryview((json.dumps(asdict(request)) + "\n").encode()))
        while True:
            line = process.read_line(POLL_SECONDS)
            if line is None:
                yield None
                continue
            if not line:
                detail = process.tail
                self.end()
                raise PipelineError(DIED, permanent=False, detail=detail)
            answer = json.loads(line)
            if answer["kind"] == "error":
                raise PipelineError(answer["message"], permanent=answer["permanent"], detail=answer["detail"])
            yield answer
            if answer["kind"] == "done":
                return

    def end(self) -> None:
        """Kill the child and everything that it started."""
        if self._process is not None:
            self._process.end()
            self._process = None

    @property
    def is_running(self) -> bool:
        """Does it live, with a network in its memory perhaps?"""
        return self._process is not None and self._process.is_running

    def _running(self) -> Process:
        if self._process is not None and not self._process.is_running:
            self.end()
        if self._process is None:
            command = [sys.executable, "-m", "upscaler.pipeline.render.render_child"]
            self._process = Process(command, stall_seconds=60, says="The render process", takes_input=True)
        return self._process


child = RenderChild()
"""This worker's only one."""
