"""Evaluation cases: clips of which each frame's truth is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from upscaler.training.core.twin import Pair, Pixels

from .metrics import luma

SCALE = 4
"""Size of a truth relative to its clip."""


@dataclass(frozen=True)
class Sampling:
    """Which frames of a clip are evaluated: ``burst`` consecutive ones of every ``every``.

    Flicker is measured within bursts only, so that a burst of one leaves it out.
    """

    every: int = 10
    burst: int = 1
    first: int = 0
    """Number of the first frame that is evaluated."""

    def __post_init__(self) -> None:
        if not 1 <= self.burst <= self.every:
            raise ValueError(f"Bursts of {self.burst} frames don't fit into every {self.every} frames.")

    def wants(self, number: int) -> bool:
        """Return whether frame ``number`` of a clip is evaluated."""
        return number >= self.first and (number - self.first) % self.every < self.burst

    def follows(self, number: int) -> bool:
        """Return whether frame ``number`` comes right after another frame of its burst."""
        return (number - self.first) % self.every > 0 and self.wants(number)


@dataclass(frozen=True)
class CaseFrame:
    """One frame of a clip with its truth. ``number`` counts the clip's frames, ``pair.number`` those of the truth."""

    number: int
    pair: Pair
    motion: float
    """Mean difference of the truth's luma from the last different truth that the clip showed, of 255; 0 at first."""


class Case(Protocol):
    """A clip to evaluate models on."""

    @property
    def name(self) -> str: ...

    @property
    def codec(self) -> str: ...

    @property
    def map(self) -> str: ...

    @property
    def grid(self) -> tuple[int, int]:
        """Where the codec's blocks begin: x and y of one's upper left corner, in pixels of the low-resolution frame."""
        ...

    def frames(self, sampling: Sampling) -> Iterator[CaseFrame]:
        """Yield the frames that are evaluated, in order."""
        ...


@dataclass(frozen=True)
class TwinCase:
    """A held-out capture, degraded by a recipe. ``open_pairs`` yields all of its pairs from the beginning."""

    name: str
    codec: str
    map: str
    open_pairs: Callable[[], Iterable[Pair]]
    grid: tuple[int, int] = (0, 0)

    def frames(self, sampling: Sampling) -> Iterator[CaseFrame]:
        meter = MotionMeter()
        for number, pair in enumerate(self.open_pairs()):
            motion = meter.add(pair.number, pair.truth)
            if sampling.wants(number):
                yield CaseFrame(number, pair, motion)


class MotionMeter:
    """Measures the change from one truth to the next. Repeated truths keep the motion of the first."""

    def __init__(self) -> None:
        self._number: int | None = None
        self._last: Pixels | None = None
        self._motion = 0.0

    def add(self, number: int, truth: Pixels) -> float:
        """Return the mean absolute difference of luma from the last truth with another number, of 255."""
        if number != self._number:
            if self._last is not None:
                self._motion = float(np.mean(np.abs(luma(truth) - luma(self._last)), dtype=np.float64))
            self._number, self._last = number, truth
        return self._motion
