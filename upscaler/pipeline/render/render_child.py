"""The process that holds the network: ``python -m upscaler.pipeline.render.render_child``

Reads one request a line from its input, each for one segment, and answers with lines of JSON: some "loading", "tuned",
"engine", "frame" and "pair", then one "done" or "error". It keeps the network and the decoder open between requests
for consecutive segments. It is a separate process because CUDA doesn't survive the fork that made the worker, and
because a crash of it must not end the worker.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import sys
import time
import traceback
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.frame import Frame
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.networks.backend import Backend
from upscaler.pipeline.networks.registry import open_backend
from upscaler.pipeline.networks.reproducibility import versions
from upscaler.pipeline.networks.tune import open_tuned
from upscaler.pipeline.networks.weights import Weights
from upscaler.pipeline.planning.plan import Plan

from .segments import Renderer

FRAME_SECONDS = 0.25
PAIR_SECONDS = 2.0
IDLE_SECONDS = 300.0
"""Seconds after which an idle process ends, which frees its memory; the next request starts another."""


@dataclass(frozen=True)
class Request:
    """One segment to render. ``pairs`` is the folder for the live preview."""

    source: str
    plan: dict[str, Any]
    weights: dict[str, Any]
    precision: str
    backend: str
    """Backend of the engine that started the job, or "auto"."""
    start: int
    end: int
    target: str
    pairs: str
    tuned: str
    """Path of the file of this machine's speed measurements."""
    max_pixels: int
    stall_seconds: float


class Child:
    """Server of render requests. Keeps the network and the decoder loaded from one request to the next."""

    def __init__(self, answers: IO[str]) -> None:
        self._answers = answers
        self._backend: Backend | None = None
        self._network_key: object = None
        self._renderer: Renderer | None = None
        self._renderer_key: object = None
        self._last_report = self._last_pair = 0.0

    def serve(self, requests: IO[str]) -> None:
        """Answer requests until the input ends, or no request has come for IDLE_SECONDS."""
        while select.select([requests], [], [], IDLE_SECONDS)[0] and (line := requests.readline()):
            try:
                self._render(Request(**json.loads(line)))
            except PipelineError as error:
                self._close_renderer()
                self._answer("error", message=error.message, permanent=error.permanent, detail=error.detail)
            except OSError as error:  # such as a full disk, or the folder of a job that was cancelled
                self._close_renderer()
                message = f"Can't write a segment: {error.strerror or error}."
                self._answer("error", message=message, permanent=False, detail=str(error))
            except Exception as error:  # an uploaded network may raise anything
                self._close_renderer()
                message = f"Unexpected error in a segment ({type(error).__name__}). See the server's log for details."
                self._answer("error", message=message, permanent=False, detail=traceback.format_exc())
        self._close_renderer()

    def _render(self, request: Request) -> None:
        plan = Plan.from_json(request.plan)
        renderer = self._renderer_for(request, plan)

        def on_frame(number: int, before: Frame, after: Frame) -> None:
            self._on_frame(request, number, before, after)

        assert self._backend is not None
        engine = self._backend.engine
        self._answer("engine", engine=asdict(replace(engine, versions=versions(engine.backend, engine.device))))
        rendered = renderer.render(request.start, request.end, Path(request.target), on_frame)
        self._answer("done", rendered=asdict(rendered))

    def _renderer_for(self, request: Request, plan: Plan) -> Renderer:
        network = (request.weights["sha256"], request.weights["architecture"], request.precision, request.backend)
        if self._network_key != network:
            self._close_renderer()
            if self._backend is not None:
                self._backend.close()
                self._backend = None
            self._answer("loading")
            self._backend = self._open(request, plan)
            self._network_key = network
        rendering = (network, request.source, plan)
        if self._renderer is None or self._renderer_key != rendering:
            self._close_renderer()
            assert self._backend is not None
            limits = Limits(max_pixels=request.max_pixels, stall_seconds=request.stall_seconds)
            self._renderer = Renderer(Path(request.source), plan, self._backend, limits)
            self._renderer_key = rendering
        return self._renderer

    def _open(self, request: Request, plan: Plan) -> Backend:
        """Open the network with the engine that started the job, or with the fastest for its first segment."""
        weights = Weights.from_json(request.weights)
        if request.backend != "auto":
            return open_backend(weights, request.precision, request.backend)
        size = plan.source.width, plan.source.height
        backend, tuned = open_tuned(weights, request.precision, size, Path(request.tuned))
        if tuned is not None:
            self._answer("tuned", text=tuned.in_words(plan))
        return backend

    def _on_frame(self, request: Request, number: int, before: Frame, after: Frame) -> None:
        now = time.monotonic()
        if now - self._last_report >= FRAME_SECONDS or number == request.end - 1:
            self._last_report = now
            self._answer("frame", number=number)
        if now - self._last_pair >= PAIR_SECONDS:
            from . import frame_files

            self._last_pair = now
            pair = frame_files.write_pair(Path(request.pairs), number, before, after)
            self._answer("pair", number=number, before=str(pair[0]), after=str(pair[1]))

    def _close_renderer(self) -> None:
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    def _answer(self, kind: str, **values: Any) -> None:
        self._answers.write(json.dumps({"kind": kind, **values}) + "\n")
        self._answers.flush()


def main() -> None:
    """Serve requests, with standard output reserved for answers: a library that prints must not break the protocol."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        Child(answers).serve(sys.stdin)


if __name__ == "__main__":
    main()
