"""One account of a source's time, for its pictures and its sound together.

Every stream of a file has timestamps of its own. Where recordings were put one behind the other, or a recorder lost its
connection, they begin again or jump, in all streams at about the same place. A stretch without such a jump is a run.
The account moves each run by some seconds, those of one recording by the same, so that time only goes forward.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .facts import Recording, Seam, Shift

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


def runs(stamps: Stamps, lengths: Stamps, tick: Fraction) -> list[Run]:
    """The runs of one stream.

    ``stamps`` are when frames begin, in the order in which they were decoded, NO_STAMP where that is not known;
    ``lengths`` how long they last, both in ticks of ``tick`` seconds. No run for a stream without a stamp.
    """
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
    film, *tracks = _without_pauses([list(pictures), *map(list, sounds)])
    pairs = [_paired(film, track) for track in tracks]
    moved: list[Fraction] = []
    seams: list[Seam] = []
    end = Fraction(0)
    for number, run in enumerate(film):
        together = [run, *(track[pair[number]] for track, pair in zip(tracks, pairs, strict=True) if number in pair)]
        begins = min(one.begins for one in together)
        if not number:
            shift = Fraction(0)
        elif tracks and len(together) == 1 and _is_overlap(film[number - 1], run):
            shift = moved[-1]
        else:
            shift = _shift(begins, end, moved)
        if number and shift != moved[-1]:
            seams.append(Seam(run.begins + shift, run.begins - film[number - 1].ends))
        moved.append(shift)
        end = max(end, *(one.ends + shift for one in together))
    sound_shifts = tuple(_shifts(track, _beside(track, pair, moved)) for track, pair in zip(tracks, pairs, strict=True))
    recordings = [Recording(run.begins, run.ends, shift) for run, shift in zip(film, moved, strict=True)]
    return Account(_shifts(film, moved), sound_shifts, tuple(seams), tuple(recordings) if seams else ())


def _beside(track: Sequence[Run], pair: dict[int, int], film: Sequence[Fraction]) -> list[Fraction]:
    """How far each run of a track is moved: with its run of the film, or right behind the run before it."""
    with_film = {at: film[number] for number, at in pair.items()}
    moved: list[Fraction] = []
    for at, run in enumerate(track):
        if at in with_film or not at:
            moved.append(with_film.get(at, Fraction(0)))
        elif _is_overlap(track[at - 1], run):
            moved.append(moved[-1])
        else:
            moved.append(track[at - 1].ends + moved[-1] - run.begins)
    return moved


def _is_overlap(before: Run, run: Run) -> bool:
    """A step back of less than a second, in one stream alone, is no other recording."""
    return Fraction(0) <= before.ends - run.begins <= STEP_BACK


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


def _paired(film: Sequence[Run], track: Sequence[Run]) -> dict[int, int]:
    """The run of a track that comes with each run of the film, by their numbers, where there is one.

    Both stay in their order; together they overlap for as long as can be.
    """
    best = [[Fraction(0)] * (len(track) + 1) for _ in range(len(film) + 1)]
    for i in reversed(range(len(film))):
        for j in reversed(range(len(track))):
            both = _overlap(film[i], track[j]) + best[i + 1][j + 1]
            best[i][j] = max(best[i + 1][j], best[i][j + 1], both)
    found: dict[int, int] = {}
    i = j = 0
    while i < len(film) and j < len(track):
        overlap = _overlap(film[i], track[j])
        if overlap and best[i][j] == overlap + best[i + 1][j + 1]:
            found[i] = j
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return found


def _overlap(one: Run, other: Run) -> Fraction:
    """Seconds that two runs share."""
    return max(Fraction(0), min(one.ends, other.ends) - max(one.begins, other.begins))
