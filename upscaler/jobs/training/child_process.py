"""Starts the processes of a run, which prepare its samples or train it, reads their answers and ends them."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from types import TracebackType
from typing import Any, Self

from upscaler.pipeline.core.errors import Interrupted, PipelineError
from upscaler.pipeline.programs.process import Process

PREPARE, TRAIN = "upscaler.training.samples.prepare_child", "upscaler.training.trainer.run_child"
"""The modules of the processes."""
POLL_SECONDS = 0.5
STOP_SECONDS = 10.0
"""The time to write a checkpoint and end. A worker that stops has 15 seconds."""
DIED = "The process of this run died (out of memory?). It continues from what it had stored."
ALIVE = memoryview(b"\n")


class RunProcess:
    """One process of one run. Leaving the block kills it. ``request`` is what its module's ``Request`` holds."""

    def __init__(self, module: str, request: Any) -> None:
        command = [sys.executable, "-m", module]
        self._process = Process(command, stall_seconds=60, label="The process of this run", takes_input=True)
        self._process.write(memoryview((json.dumps(asdict(request)) + "\n").encode()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.end()

    def read(self) -> dict[str, Any] | None:
        """Return the next answer, or None after POLL_SECONDS without one.

        Raises PipelineError for an answer of kind "error", or when the process died.
        """
        line = self._process.read_line(POLL_SECONDS)
        if line is None:
            return None
        if not line:
            raise PipelineError(DIED, permanent=False, detail=self._process.tail)
        answer: dict[str, Any] = json.loads(line)
        if answer["kind"] == "error":
            raise PipelineError(answer["message"], permanent=answer["permanent"], detail=answer["detail"])
        return answer

    def keep_alive(self) -> None:
        """Tell the process that its run is still wanted: without that, it ends by itself."""
        if self._process.is_running:
            self._process.write(ALIVE)

    def stop(self) -> Iterator[dict[str, Any]]:
        """Ask for a checkpoint and the end of the process. Yield the answers that still came.

        A process that doesn't end in STOP_SECONDS is killed: its last checkpoint is then some minutes old.
        """
        with contextlib.suppress(Interrupted):
            self._process.wait(STOP_SECONDS)
        while line := self._process.read_line(0):
            answer: dict[str, Any] = json.loads(line)
            yield answer
