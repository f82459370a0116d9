"""The parts of one stream between which its timestamps jump."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

NO_STAMP = -(2**63)
"""ffmpeg's own number for a timestamp that is missing."""
MAX_PAUSE = Fraction(600)
"""Seconds. A longer jump ahead is a pause only where another stream goes on through it; else the clock was set."""
STEP_BACK = Fraction(1)
"""Seconds. A clock that goes back by more begins again; by less, only where the time was taken by another frame."""
SAME_TIME_SHARE = 0.6
"""Of the usual step: two frames nearer to each other than that can't both be right."""
LOOK_BACK = 64
"""Frames among which a frame may have been put in the wrong order."""
MAX_SLIP_FRAMES = 8
"""Frames. So many in a row may have a time far from those on both sides of them; more are a clock of their own."""
MAX_RUNS = 400
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
    if len(backs) >= MAX_RUNS:
        clean[:] = NO_STAMP
        return clean
    for at in backs:
        for first, end in ((at - count, at) for count in range(1, MAX_SLIP_FRAMES + 1)):
            if _is_slip(times, first, end, near, length):
                clean[known[first:end]] = NO_STAMP
        for first, end in ((at, at + count) for count in range(1, MAX_SLIP_FRAMES + 1)):
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


def median_step(stamps: Stamps) -> int:
    """The median of the steps ahead between frames, in ticks; 1 where there are none."""
    steps = np.diff(stamps[stamps != NO_STAMP])
    ahead = steps[steps > 0]
    return int(np.median(ahead)) if len(ahead) else 1


def find_runs(stamps: Stamps, lengths: Stamps, tick: Fraction) -> list[Run]:
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
    if len(breaks) >= MAX_RUNS:
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
    ahead = stamps[1:] - ends > int(MAX_PAUSE / tick)
    back = stamps[1:] - stamps[:-1] < -int(STEP_BACK / tick)
    usual = int(np.median(lengths))
    maybe = np.flatnonzero((stamps[1:] - stamps[:-1] < -usual // 4) & ~back)[: 8 * MAX_RUNS]
    again = np.zeros(len(ahead), bool)
    again[[at for at in maybe if _has_earlier_frame_at(stamps, int(at) + 1, usual)]] = True
    return [int(at) + 1 for at in np.flatnonzero(ahead | back | again)]


def _has_earlier_frame_at(stamps: Stamps, at: int, usual: int) -> bool:
    """Has one of the frames before it the time of this frame already?"""
    before = stamps[max(0, at - LOOK_BACK) : at]
    return bool((np.abs(before - stamps[at]) < SAME_TIME_SHARE * max(usual, 1)).any())
