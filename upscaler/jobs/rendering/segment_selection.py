"""Selects the segment that a worker renders next, so that its decoder rarely has to seek.

A worker continues with the segment after its last one. A worker that joins selects the largest gap of waiting segments:
from its start if no worker is in front of it, otherwise its second half, leaving the first to the worker in front.
Nothing is assigned in advance, so a worker that dies leaves only its one segment claimed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from upscaler.models import SegmentState

SKIPPED_MEGAPIXELS = 300.0
"""The speed at which frames before a segment are decoded and skipped, per second: measured on one core at 320x240."""


@dataclass(frozen=True)
class Candidate:
    """The columns of a segment by which it is selected."""

    id: int
    index: int
    start: int
    end: int
    state: str
    fence: int


@dataclass(frozen=True)
class Gap:
    """Consecutive waiting segments. ``is_led`` means that a worker renders the segment before them."""

    segments: tuple[Candidate, ...]
    is_led: bool

    @property
    def first(self) -> Candidate:
        """The segment with which a worker that joins starts."""
        return self.segments[len(self.segments) // 2 if self.is_led else 0]

    @property
    def share(self) -> int:
        """The number of segments that a worker that joins would render."""
        return len(self.segments) - len(self.segments) // 2 if self.is_led else len(self.segments)


def gaps(segments: Sequence[Candidate]) -> list[Gap]:
    """Return the gaps in a job's rendered segments. ``segments`` are all of the job's, in order."""
    result: list[Gap] = []
    waiting: list[Candidate] = []
    is_led = False
    for segment in segments:
        if segment.state == SegmentState.WAITING:
            waiting.append(segment)
            continue
        if waiting:
            result.append(Gap(tuple(waiting), is_led))
        waiting, is_led = [], segment.state == SegmentState.CLAIMED
    if waiting:
        result.append(Gap(tuple(waiting), is_led))
    return result


def choose(
    segments: Sequence[Candidate], after: int | None, *, seconds_per_frame: float, megapixels: float
) -> Candidate | None:
    """Return the segment to render next; None if it is faster to leave all to the workers that render now.

    ``after`` is the index of the segment that this worker has just rendered. ``seconds_per_frame`` is the job's average
    so far, 0 if unknown; ``megapixels`` is the size of a source frame.
    """
    if after is not None and after + 1 < len(segments) and segments[after + 1].state == SegmentState.WAITING:
        return segments[after + 1]
    for gap in sorted(gaps(segments), key=lambda gap: (-gap.share, gap.first.index)):
        if not gap.is_led or _pays(gap, seconds_per_frame, megapixels):
            return gap.first
    return None


def _pays(gap: Gap, seconds_per_frame: float, megapixels: float) -> bool:
    """Does joining save time, though all frames before the first one have to be decoded?"""
    frames = gap.segments[-1].end - gap.first.start
    return not seconds_per_frame or gap.first.start * megapixels / SKIPPED_MEGAPIXELS < frames * seconds_per_frame
