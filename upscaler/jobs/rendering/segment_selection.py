"""Which of a job's segments a worker takes next, so that its decoder need not begin anew.

A worker goes on with the segment behind its last one. One that comes new takes the longest run of segments that wait:
from its beginning where nobody is in front of it, else its far half, and leaves the near half to whoever is. So
nothing needs to be written down about who is to do what, and a worker that dies leaves no claim but its one segment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from upscaler.models import SegmentState

SKIPPED_MEGAPIXELS = 300.0
"""A second's worth of pictures that are decoded and thrown away, to get to a frame: measured on one core, 320x240."""


@dataclass(frozen=True)
class Piece:
    """What the choice needs to know of a segment."""

    id: int
    index: int
    start: int
    end: int
    state: str
    fence: int


@dataclass(frozen=True)
class Run:
    """Neighbours that wait, in order. ``is_led``: somebody is at work right in front of them, and will go on."""

    pieces: tuple[Piece, ...]
    is_led: bool

    @property
    def first(self) -> Piece:
        """Where a new worker would begin."""
        return self.pieces[len(self.pieces) // 2 if self.is_led else 0]

    @property
    def taken(self) -> int:
        """How many segments it would take over."""
        return len(self.pieces) - len(self.pieces) // 2 if self.is_led else len(self.pieces)


def runs(pieces: Sequence[Piece]) -> list[Run]:
    """All runs of segments that wait, of a whole job's in order."""
    found: list[Run] = []
    waiting: list[Piece] = []
    is_led = False
    for piece in pieces:
        if piece.state == SegmentState.WAITING:
            waiting.append(piece)
            continue
        if waiting:
            found.append(Run(tuple(waiting), is_led))
        waiting, is_led = [], piece.state == SegmentState.CLAIMED
    if waiting:
        found.append(Run(tuple(waiting), is_led))
    return found


def choose(pieces: Sequence[Piece], after: int | None, *, seconds_a_frame: float, megapixels: float) -> Piece | None:
    """The segment to take, None if it is better to leave all to those who are at them.

    ``after`` is the index of the segment that this worker has just done. ``seconds_a_frame`` is what a frame of this
    job has cost so far, 0 if nobody knows; ``megapixels`` is a frame's size in the source.
    """
    if after is not None and after + 1 < len(pieces) and pieces[after + 1].state == SegmentState.WAITING:
        return pieces[after + 1]
    for run in sorted(runs(pieces), key=lambda run: (-run.taken, run.first.index)):
        if not run.is_led or _pays(run, seconds_a_frame, megapixels):
            return run.first
    return None


def _pays(run: Run, seconds_a_frame: float, megapixels: float) -> bool:
    """Is a takeover done before the one in front would have come so far? Decoding up to its first frame takes time."""
    frames = run.pieces[-1].end - run.first.start
    return not seconds_a_frame or run.first.start * megapixels / SKIPPED_MEGAPIXELS < frames * seconds_a_frame
