"""One account of a source's time, for its pictures and its sound together.

Every stream of a file has timestamps of its own. Where recordings were put one behind the other, or a recorder lost its
connection, they begin again or jump, in all streams at about the same place. A stretch without such a jump is a run.
The account moves each run by some seconds, those of one recording by the same, so that time only goes forward.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.facts import Recording, Seam, Shift

NO_STAMP = -(2**63)
"""ffmpeg's own number for a timestamp that is missing."""
LONGEST_PAUSE = Fraction(600)
"""Seconds. A longer jump ahead is a pause only where another stream goes on through it; else the clock was set."""
STEP_BACK = Fraction(1)
"""Seconds. A clock that goes back by more begins again; by less, only where the time was taken by another frame."""
TAKEN = 0.6
"""Of the usual step: two frames nearer to each other than that can't both be right."""
LOOK_BACK = 64
"""Frames among which a frame may have been put in the wrong order."""
LONGEST_SLIP = 8
"""Frames. So many in a row may have a time far from those on both sides of them; more are a clock of their own."""
ENDS_TOGETHER, BEGINS_TOGETHER = Fraction(3), Fraction(3, 2)
"""Seconds within which the streams of one recording end, and those of the next one begin by their clocks."""
COVERED = Fraction(1, 2)
"""Of a pause: the part in which another stream has to go on."""
COMES_BACK = (Fraction(-1, 50), Fraction(5))
"""Seconds by which a run may miss the end of what came before it and still count by the clock of an earlier run."""
MOST_RUNS = 400
"""With more, the timestamps are noise, and frames simply follow each other."""

Stamps = NDArray[np.int64]


@dataclass(frozen=True)
class Run:
    """Frames [first, end) of one stream, by one clock. Times in seconds of that clock."""

    first: int
    end: int
    begins: Fraction
    ends: Fraction
    """The end of the last frame."""

    @property
    def seconds(self) -> Fraction:
        return self.ends - self.begins


@dataclass(frozen=True)
class Account:
    """How far the runs of each stream are moved. Each tuple begins with frame 0."""

    pictures: tuple[Shift, ...]
    sounds: tuple[tuple[Shift, ...], ...]
    seams: tuple[Seam, ...]
    recordings: tuple[Recording, ...]
    """The parts between the seams; none without a seam."""


def without_slips(stamps: Stamps, length: int, tick: Fraction) -> Stamps:
    """The timestamps with those of a few frames unsaid (NO_STAMP) that lie far from what is before and behind them.

    ``length`` is how long a frame usually lasts, in ticks of ``tick`` seconds. Where time goes back all along, it is
    noise, and nothing is said.
    """
    known = np.flatnonzero(stamps != NO_STAMP)
    times = stamps[known]
    near = length + int(STEP_BACK / tick) // 4
    backs = [int(at) + 1 for at in np.flatnonzero(np.diff(times) < -near)]
    clean = stamps.copy()
    if len(backs) >= MOST_RUNS:
        clean[:] = NO_STAMP
        return clean
    for at in backs:
        for first, end in ((at - count, at) for count in range(1, LONGEST_SLIP + 1)):
            if _is_slip(times, first, end, near, length):
                clean[known[first:end]] = NO_STAMP
        for first, end in ((at, at + count) for count in range(1, LONGEST_SLIP + 1)):
            if _is_slip(times, first, end, near, length):
                clean[known[first:end]] = NO_STAMP
    return clean


def _is_slip(times: Stamps, first: int, end: int, near: int, length: int) -> bool:
    """Do the frames on both sides follow each other, and neither these?"""
    if first < 1 or end >= len(times):
        return False
    around = int(times[end] - times[first - 1])
    jumps_away = not 0 <= times[first] - times[first - 1] <= near
    comes_back = not 0 <= times[end] - times[end - 1] <= near
    return jumps_away and comes_back and 0 <= around <= (end - first) * length + near


def usual_step(stamps: Stamps) -> int:
    """The median of the steps ahead between frames, in ticks; 1 where there are none."""
    steps = np.diff(stamps[stamps != NO_STAMP])
    ahead = steps[steps > 0]
    return int(np.median(ahead)) if len(ahead) else 1


def runs(stamps: Stamps, lengths: Stamps, tick: Fraction) -> list[Run]:
    """The runs of one stream.

    ``stamps`` are when frames begin, in the order in which they were decoded, NO_STAMP where that is not known;
    ``lengths`` how long they last, both in ticks of ``tick`` seconds. No run for a stream without a stamp.
    """
    if len(stamps):
        stamps = without_slips(stamps, int(np.median(lengths)), tick)
    known = np.flatnonzero(stamps != NO_STAMP)
    if not len(known):
        return []
    breaks = _breaks(stamps[known], lengths[known], tick)
    if len(breaks) >= MOST_RUNS:
        breaks = []
    bounds = [0, *breaks, len(known)]
    found = []
    for start, end in pairwise(bounds):
        inside = stamps[known[start:end]]
        ends = inside + lengths[known[start:end]]
        first = int(known[start]) if start else 0
        last = int(known[end]) if end < len(known) else len(stamps)
        found.append(Run(first, last, int(inside.min()) * tick, int(ends.max()) * tick))
    return found


def _breaks(stamps: Stamps, lengths: Stamps, tick: Fraction) -> list[int]:
    """Numbers of the frames at which the clock jumps."""
    ends = stamps[:-1] + lengths[:-1]
    ahead = stamps[1:] - ends > int(LONGEST_PAUSE / tick)
    back = stamps[1:] - stamps[:-1] < -int(STEP_BACK / tick)
    usual = int(np.median(lengths))
    maybe = np.flatnonzero((stamps[1:] - stamps[:-1] < -usual // 4) & ~back)[: 8 * MOST_RUNS]
    again = np.zeros(len(ahead), bool)
    again[[at for at in maybe if _is_taken(stamps, int(at) + 1, usual)]] = True
    return [int(at) + 1 for at in np.flatnonzero(ahead | back | again)]


def _is_taken(stamps: Stamps, at: int, usual: int) -> bool:
    """Has one of the frames before it the time of this frame already?"""
    before = stamps[max(0, at - LOOK_BACK) : at]
    return bool((np.abs(before - stamps[at]) < TAKEN * max(usual, 1)).any())


def moved_by(shifts: Sequence[Shift], frames: int) -> NDArray[np.float64]:
    """Seconds by which each of so many frames is moved; none without a shift."""
    moved = np.zeros(frames)
    for shift in shifts:
        moved[shift.frame :] = float(shift.seconds)
    return moved


def account_of(pictures: Sequence[Run], sounds: Sequence[Sequence[Run]]) -> Account:
    """Lay the runs of all streams out in one time, in which the first recording keeps its own clock.

    A recording whose distance from the one before it can't be known begins where the longest stream of that one ends.
    """
    streams = [_Stream(run) for run in _without_pauses([list(pictures), *map(list, sounds)])]
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
    return Account(shifts[0], tuple(shifts[1:]), tuple(seams), tuple(recordings) if seams else ())


@dataclass
class _Stream:
    """A stream as far as its runs were laid out."""

    runs: Sequence[Run]
    moved: list[Fraction] = field(init=False)
    """How far each run is moved, as far as that was found out."""
    seam: Seam | None = None
    """What the latest jump is to a viewer; None where the run goes on by an earlier clock."""

    def __post_init__(self) -> None:
        self.moved = [Fraction(0)] if self.runs else []

    @property
    def next(self) -> Run | None:
        return self.runs[len(self.moved)] if len(self.moved) < len(self.runs) else None

    def comes_to(self, run: Run) -> bool:
        """Is a run by the clock of a part that comes later, and not by that of the present one?"""
        if not self.moved or _overlap(self.latest, run):
            return False
        return any(_overlap(later, run) for later in self.runs[len(self.moved) :])

    @property
    def latest(self) -> Run:
        return self.runs[len(self.moved) - 1]

    @property
    def ends(self) -> Fraction:
        """Of the latest run, in the account."""
        return self.latest.ends + self.moved[-1]

    def goes_with(self, other: _Stream) -> bool:
        """Do both jump at about the same time, to about the same time?"""
        if self.next is None or other.next is None:
            return False
        ends = abs(self.ends - other.ends) <= ENDS_TOGETHER
        return self is other or (ends and abs(self.next.begins - other.next.begins) <= BEGINS_TOGETHER)

    def move(self, shift: Fraction) -> None:
        """Lay the next run out."""
        assert self.next is not None
        run = self.next
        is_new = shift != self.moved[-1]
        self.seam = Seam(run.begins + shift, run.begins - self.latest.ends) if is_new else None
        self.moved.append(shift)


def _waits(stream: _Stream, film: _Stream) -> bool:
    """Does the next run of a track belong to a later part of the film, and not to the one that is next for both?"""
    if stream is film or stream.next is None or (stream.moved and film.goes_with(stream)):
        return False
    return film.comes_to(stream.next)


def _join(track: _Stream, film: _Stream) -> None:
    """A track that has waited goes by the film's clock; one that is about to jump by itself does not."""
    if not track.moved or track.ends <= film.latest.begins + film.moved[-1]:
        track.moved.append(film.moved[-1])


def _go_on_together(streams: Sequence[_Stream]) -> None:
    """One recording ends and another begins: behind the longest stream of that, all by the same."""
    end = max(stream.ends for stream in streams)
    begins = min(stream.next.begins for stream in streams if stream.next is not None)
    shift = _shift(begins, end, streams[0].moved)
    for stream in streams:
        stream.move(shift)


def _go_on_alone(stream: _Stream, others: Sequence[_Stream]) -> None:
    """The clock of one stream jumps while the others go on: right behind itself.

    A step back of less than a second, while others go on, is no other recording.
    """
    assert stream.next is not None
    is_overlap = Fraction(0) <= stream.latest.ends - stream.next.begins <= STEP_BACK
    if is_overlap and any(other.runs for other in others):
        stream.move(stream.moved[-1])
    else:
        stream.move(_shift(stream.next.begins, stream.ends, stream.moved))


def _shift(begins: Fraction, end: Fraction, earlier: Sequence[Fraction]) -> Fraction:
    """Behind what came before; exactly by the clock of an earlier run where it comes back to that."""
    least, most = COMES_BACK
    for shift in reversed(earlier):
        if least <= begins + shift - end <= most:
            return shift
    return end - begins


def _shifts(stream: Sequence[Run], moved: Sequence[Fraction]) -> tuple[Shift, ...]:
    """One for each change; a stream without a run is not moved."""
    found = [Shift(0, Fraction(0))]
    for run, seconds in zip(stream, moved, strict=True):
        if run.first == 0:
            found = [Shift(0, seconds)]
        elif seconds != found[-1].seconds:
            found.append(Shift(run.first, seconds))
    return tuple(found)


def _without_pauses(streams: list[list[Run]]) -> list[list[Run]]:
    """Runs that only a pause divides are one: another stream goes on through it."""
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
    return any(min(one.ends, begins) - max(one.begins, ends) >= COVERED * (begins - ends) for one in others)


def _overlap(one: Run, other: Run) -> Fraction:
    """Seconds that two runs share by their clocks."""
    return max(Fraction(0), min(one.ends, other.ends) - max(one.begins, other.begins))
