"""Segments, one after the other: decode -> network -> encode, overlapping."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .decode import Decoder, Frame
from .encode import Encoder
from .errors import PipelineError
from .limits import Limits
from .networks.backend import Backend
from .networks.weights import sha256_of
from .plan import Plan
from .stages import Prefetch, Sink
from .upscale import upscale

OnFrame = Callable[[int, Frame, Frame], None]
"""Told each frame's number, its picture before and after. May raise Stopped."""


@dataclass(frozen=True)
class Rendered:
    """A finished segment's file."""

    frames: int
    size: int
    sha256: str
    seconds: float


class Renderer:
    """Renders segments of one plan. Keeps its decoder open, so that neighbours cost no second start.

    Use it as a context manager; not for several threads.
    """

    def __init__(self, source: Path, plan: Plan, backend: Backend, limits: Limits) -> None:
        if backend.scale != plan.scale:
            raise PipelineError(f"The plan was made for a network of scale {plan.scale}, not {backend.scale}.")
        self._source = source
        self._plan = plan
        self._backend = backend
        self._limits = limits
        self._position = -1
        self._decoder: Decoder | None = None
        self._frames: Prefetch[Frame] | None = None

    def __enter__(self) -> Renderer:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()

    def close(self) -> None:
        """End the decoder."""
        if self._decoder is not None:
            self._decoder.close()
        if self._frames is not None:
            self._frames.close()
        self._decoder = self._frames = None
        self._position = -1

    def render(self, start: int, end: int, target: Path, on_frame: OnFrame) -> Rendered:
        """Render the frames [start, end) to ``target``.

        Raises PipelineError unless as many frames come out as were planned; ``target`` is then not
        to be used.
        """
        began = time.monotonic()
        frames = self._frames_from(start)
        try:
            with Encoder(target, self._plan, self._limits, start=start, end=end) as encoder:
                sink = Sink(encoder.write)
                try:
                    for number in range(start, end):
                        before = next(frames)
                        after = upscale(before, self._backend, self._plan)
                        sink.put(after)
                        self._position = number + 1
                        on_frame(number, before, after)
                    sink.close()
                finally:
                    sink.abandon()
                encoder.finish()
        except BaseException:
            self.close()
            raise
        return Rendered(end - start, target.stat().st_size, sha256_of(target), time.monotonic() - began)

    def _frames_from(self, start: int) -> Prefetch[Frame]:
        if self._frames is None or self._position != start:
            self.close()
            self._decoder = Decoder(self._source, self._plan, self._limits, start=start)
            self._frames = Prefetch(iter(self._decoder))
            self._position = start
        return self._frames
