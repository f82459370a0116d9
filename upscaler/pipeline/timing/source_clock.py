"""One timeline for the pictures and the sound of a source.

Every stream of a file has its own timestamps. Where recordings were joined, or a recorder lost its connection, they
restart or jump, in all streams at about the same place. A stretch without such a jump is a run. The timeline shifts
each run by some seconds, those of one recording by the same, so that time only goes forward.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.timeline import Recording, Seam, Shift

from .clock_runs import STEP_BACK, Run

ENDS_TOGETHER, BEGINS_TOGETHER = Fraction(3), Fraction(3, 2)
"""Tolerances in seconds for the ends of the streams of one recording, and for the starts of the next."""
COVERED_SHARE = Fraction(1, 2)
"""Share of a pause through which another stream has to continue."""
RETURN_TOLERANCE = (Fraction(-1, 50), Fraction(5))
"""Seconds by which a run may differ from the end of the previous one to continue the clock of an earlier run."""


@dataclass(frozen=True)
class Timeline:
    """The shifts of each stream's runs. Each tuple begins with frame 0."""

    pictures: tuple[Shift, ...]
    sounds: tuple[tuple[Shift, ...], ...]
    seams: tuple[Seam, ...]
    recordings: tuple[Recording, ...]
    """The parts between the seams; none without a seam."""


def shift_per_frame(shifts: Sequence[Shift], frames: int) -> NDArray[np.float64]:
    """Return the shift of each frame in seconds."""
    moved = np.zeros(frames)
    for shift in shifts:
        moved[shift.frame :] = float(shift.seconds)
    return moved


def build_timeline(pictures: Sequence[Run], sounds: Sequence[Sequence[Run]]) -> Timeline:
    """Place the runs of all streams on one timeline. The first recording keeps its clock.

    A recording at an unknown distance from the one before it begins where the longest stream of that one ends.
    """
    streams = [_PlacedStream(run) for run in _without_pauses([list(pictures), *map(list, sounds)])]
    film, tracks = streams[0], streams[1:]
    seams: list[Seam] = []
    for track in tracks:
        if film.runs and track.runs and film.comes_to(track.runs[0]):
            track.moved = []
    while waiting := [stream for stream in streams if stream.next is not None and not _waits(stream, film)]:
        first = min(waiting, key=lambda stream: stream.ends)
        together = [stream for stream in waiting if first.goes_with(stream)]
        if len(together) == 1:
            _go_on_alone(first, [stream for stream in streams if stream is not first])
        else:
            _go_on_together(together)
        if film in together:
            seams += [film.seam] if film.seam is not None else []
            for track in tracks:
                if track.next is not None and _overlap(track.next, film.latest) and not film.comes_to(track.next):
                    _join(track, film)
    recordings = [Recording(run.begins, run.ends, shift) for run, shift in zip(film.runs, film.moved, strict=True)]
    shifts = [_shifts(stream.runs, stream.moved) for stream in streams]
    return Timeline(shifts[0], tuple(shifts[1:]), tuple(seams), tuple(recordings) if seams else ())


@dataclass
class _PlacedStream:
    """A stream, some of whose runs have a place on the timeline."""

    runs: Sequence[Run]
    moved: list[Fraction] = field(init=False)
    """The shift of each run that has a place."""
    seam: Seam | None = None
    """The latest jump; None where the run continues an earlier clock."""

    def __post_init__(self) -> None:
        self.moved = [Fraction(0)] if self.runs else []

    @property
    def next(self) -> Run | None:
        return self.runs[len(self.moved)] if len(self.moved) < len(self.runs) else None

    def comes_to(self, run: Run) -> bool:
        """Return whether a run has the clock of a later run, and not that of the latest placed one."""
        if not self.moved or _overlap(self.latest, run):
            return False
        return any(_overlap(later, run) for later in self.runs[len(self.moved) :])

    @property
    def latest(self) -> Run:
        return self.runs[len(self.moved) - 1]

    @property
    def ends(self) -> Fraction:
        """The end of the latest run on the timeline."""
        return self.latest.ends + self.moved[-1]

    def goes_with(self, other: _PlacedStream) -> bool:
        """Return whether both streams jump at about the same time, to about the same time."""
        if self.next is None or other.next is None:
            return False
        ends = abs(self.ends - other.ends) <= ENDS_TOGETHER
        return self is other or (ends and abs(self.next.begins - other.next.begins) <= BEGINS_TOGETHER)

    def move(self, shift: Fraction) -> None:
        """Place the next run."""
        assert self.next is not None
        run = self.next
        is_new = shift != self.moved[-1]
        self.seam = Seam(run.begins + shift, run.begins - self.latest.ends) if is_new else None
        self.moved.append(shift)


def _waits(stream: _PlacedStream, film: _PlacedStream) -> bool:
    """Return whether the next run of a track belongs to a later part of the video stream."""
    if stream is film or stream.next is None or (stream.moved and film.goes_with(stream)):
        return False
    return film.comes_to(stream.next)


def _join(track: _PlacedStream, film: _PlacedStream) -> None:
    """Place the next run of a waiting track by the video's clock, unless the track jumps alone."""
    if not track.moved or track.ends <= film.latest.begins + film.moved[-1]:
        track.moved.append(film.moved[-1])


def _go_on_together(streams: Sequence[_PlacedStream]) -> None:
    """Place the next recording after the longest stream of the previous one, all streams with one shift."""
    end = max(stream.ends for stream in streams)
    begins = min(stream.next.begins for stream in streams if stream.next is not None)
    shift = _shift(begins, end, streams[0].moved)
    for stream in streams:
        stream.move(shift)


def _go_on_alone(stream: _PlacedStream, others: Sequence[_PlacedStream]) -> None:
    """Place the next run of a stream that jumps alone directly after its last one.

    A step back of less than a second, while others continue, is not another recording.
    """
    assert stream.next is not None
    is_overlap = Fraction(0) <= stream.latest.ends - stream.next.begins <= STEP_BACK
    if is_overlap and any(other.runs for other in others):
        stream.move(stream.moved[-1])
    else:
        stream.move(_shift(stream.next.begins, stream.ends, stream.moved))


def _shift(begins: Fraction, end: Fraction, earlier: Sequence[Fraction]) -> Fraction:
    """Return the shift that places a run after ``end``, or that of an earlier run whose clock it continues."""
    least, most = RETURN_TOLERANCE
    for shift in reversed(earlier):
        if least <= begins + shift - end <= most:
            return shift
    return end - begins


def _shifts(stream: Sequence[Run], moved: Sequence[Fraction]) -> tuple[Shift, ...]:
    """Return one Shift per change. A stream without a run has a shift of 0."""
    found = [Shift(0, Fraction(0))]
    for run, seconds in zip(stream, moved, strict=True):
        if run.first == 0:
            found = [Shift(0, seconds)]
        elif seconds != found[-1].seconds:
            found.append(Shift(run.first, seconds))
    return tuple(found)


def _without_pauses(streams: list[list[Run]]) -> list[list[Run]]:
    """Merge runs that are divided only by a pause, through which another stream continues."""
    for number, stream in enumerate(streams):
        others = [run for other, there in enumerate(streams) if other != number for run in there]
        whole: list[Run] = []
        for run in stream:
            if whole and _is_pause(whole[-1].ends, run.begins, others):
                before = whole[-1]
                whole[-1] = replace(before, end=run.end, ends=max(before.ends, run.ends))
            else:
                whole.append(run)
        streams[number] = whole
    return streams


def _is_pause(ends: Fraction, begins: Fraction, others: Sequence[Run]) -> bool:
    if begins <= ends:
        return False
    return any(min(run.ends, begins) - max(run.begins, ends) >= COVERED_SHARE * (begins - ends) for run in others)


def _overlap(run: Run, other: Run) -> Fraction:
    """Return the seconds that two runs have in common."""
    return max(Fraction(0), min(run.ends, other.ends) - max(run.begins, other.begins))
