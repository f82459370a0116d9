"""Starts the render process, sends it requests, reads its answers and ends it."""

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
DIED = "The render process died (out of memory?). The segment is retried."


class RenderChild:
    """The render process of this worker. The first request starts it, and later ones use it again."""

    def __init__(self) -> None:
        self._process: Process | None = None

    def render(self, request: Request) -> Iterator[dict[str, Any] | None]:
        """Yield the answers to a request, the last one of kind "done", and None every POLL_SECONDS without one.

        Raises PipelineError for an answer of kind "error", or when the process dies. A caller that stops iterating
        before "done" has to call ``end``.
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
        """Kill the process and everything that it started."""
        if self._process is not None:
            self._process.end()
            self._process = None

    @property
    def is_running(self) -> bool:
        """Is the process alive, so that it may have a model in memory?"""
        return self._process is not None and self._process.is_running

    def _running(self) -> Process:
        if self._process is not None and not self._process.is_running:
            self.end()
        if self._process is None:
            command = [sys.executable, "-m", "upscaler.pipeline.render.render_child"]
            self._process = Process(command, stall_seconds=60, label="The render process", takes_input=True)
        return self._process


child = RenderChild()
"""The render process of this worker."""
