"""Frames -> upscaled pictures: the stage between the decoder and the postfilters."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.frame import Frame
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.networks.backend import Backend
from upscaler.pipeline.networks.builtin import NEAREST
from upscaler.pipeline.planning.plan import Plan

from .decode import Decoder
from .pictures import Numbering, Picture
from .stages import Prefetch


def upscale(frames: list[Frame], backend: Backend, plan: Plan) -> list[Frame]:
    """Upscale pictures, (h, w, 3) each, to the plan's network size.

    Raises PipelineError if the network returns another number or size.
    """
    enlarged = backend.upscale(np.stack(frames))
    expected = (len(frames), plan.network.height, plan.network.width, 3)
    if enlarged.shape != expected:
        raise PipelineError(
            f"The network returned {enlarged.shape[0]} frames of {enlarged.shape[2]}x{enlarged.shape[1]} "
            f"instead of {expected[0]} of {expected[2]}x{expected[1]}.",
            permanent=True,
        )
    return list(enlarged)


SHOWS_SOMETHING = 32
"""Least range of levels of a picture that is compared: a black one stays black in every network."""


def is_plain(before: Frame, after: Frame, scale: int) -> bool:
    """Tell whether every pixel became a plain block of ``scale`` by ``scale``, within rounding."""
    places = ((down, right) for down in range(scale) for right in range(scale))
    wide = before.astype(np.int16)
    return all(np.abs(after[down::scale, right::scale] - wide).max() <= 1 for down, right in places)


class Enlarger:
    """Upscales pictures of one plan, each a pure function of the source.

    Its decoder stays open, and it remembers the pictures that a segment after the last one needs
    again, so that segments in order put each picture through the network once. Use it as a context
    manager; not for several threads.
    """

    def __init__(self, source: Path, plan: Plan, backend: Backend, limits: Limits, numbering: Numbering) -> None:
        self._source = source
        self._plan = plan
        self._backend = backend
        self._limits = limits
        self._numbering = numbering
        self._latest: deque[Picture] = deque(maxlen=2 * plan.deflicker + 1)
        self._batch = backend.batch(plan.source.width, plan.source.height)
        self._position = 0
        self._decoder: Decoder | None = None
        self._frames: Prefetch[Frame] | None = None
        self.enlarged = 0
        """Number of pictures that went through the network so far."""
        self._compares = backend.engine.backend != NEAREST
        self.changes_nothing = False
        """True if every picture with content so far equals plain enlargement. Always False for "nearest"."""

    def __enter__(self) -> Enlarger:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()

    def close(self) -> None:
        """End the decoder and drop all pictures."""
        if self._decoder is not None:
            self._decoder.close()
        if self._frames is not None:
            self._frames.close()
        self._decoder = self._frames = None
        self._latest.clear()

    def pictures(self, numbers: range, end: int) -> Iterator[Picture]:
        """Yield the pictures with these numbers, in order.

        Reads the source up to frame ``end`` at least, even where the last of them only repeat, so
        that each frame that is shown was decoded. Raises PipelineError if the source ends before.
        """
        frames = self._frames_for(numbers.start)
        yield from [picture for picture in self._latest if picture.number in numbers]
        end = max(end, self._numbering.first_frame(numbers[-1]) + 1)
        waiting: dict[int, Frame] = {}
        while self._position < end:
            frame, position = next(frames), self._position
            self._position += 1
            number = self._numbering.picture_of(position)
            if self._numbering.first_frame(number) == position:
                waiting[number] = frame
            if waiting and (len(waiting) == self._batch or self._position == end):
                yield from self._enlarge(waiting)
                waiting = {}

    def _enlarge(self, waiting: dict[int, Frame]) -> Iterator[Picture]:
        """Upscale a batch of pictures, by their numbers."""
        pictures = upscale(list(waiting.values()), self._backend, self._plan)
        self.enlarged += len(pictures)
        for (number, before), after in zip(waiting.items(), pictures, strict=True):
            if self._compares and np.ptp(before) >= SHOWS_SOMETHING:
                self.changes_nothing = self._compares = is_plain(before, after, self._backend.scale)
            picture = Picture(number, before, after)
            self._latest.append(picture)
            yield picture

    def _frames_for(self, picture: int) -> Prefetch[Frame]:
        """Return the open decoder's frames if ``picture`` is among the latest or next, else a new decoder's."""
        is_near = self._latest and self._latest[0].number <= picture <= self._latest[-1].number + 1
        if self._frames is None or not is_near:
            self.close()
            self._position = self._numbering.first_frame(picture)
            self._decoder = Decoder(self._source, self._plan, self._limits, start=self._position)
            self._frames = Prefetch(iter(self._decoder))
        return self._frames
