"""The parts of one stream between which its timestamps jump."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

NO_STAMP = -(2**63)
"""ffmpeg's value for a missing timestamp."""
MAX_PAUSE = Fraction(600)
"""Seconds. A longer jump ahead is a pause only where another stream continues through it; else the clock was set."""
STEP_BACK = Fraction(1)
"""Seconds. A clock that goes back by more restarts; by less, only where an earlier frame has the same time."""
SAME_TIME_SHARE = 0.6
"""Share of the usual step: two frames closer than this have the same time."""
LOOK_BACK = 64
"""Frames within which frames may be out of order."""
MAX_SLIP_FRAMES = 8
"""Frames in a row whose times may differ from those on both sides; more have a clock of their own."""
MAX_RUNS = 400
"""With more, the timestamps are noise, and frames follow each other evenly."""
Stamps = NDArray[np.int64]


@dataclass(frozen=True)
class Run:
    """Frames [first, end) of one stream without a jump. Times are in seconds of the stream's clock."""

    first: int
    end: int
    begins: Fraction
    ends: Fraction
    """The end of the last frame."""

    @property
    def seconds(self) -> Fraction:
        return self.ends - self.begins


def without_slips(stamps: Stamps, length: int, tick: Fraction) -> Stamps:
    """Return the timestamps, with NO_STAMP for short outliers, which differ from the times on both sides.

    ``length`` is how long a frame usually lasts, in ticks of ``tick`` seconds. Timestamps that go back all the time
    are noise: all become NO_STAMP.
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
    """Return whether the frames around [first, end) follow each other, and these follow neither."""
    if first < 1 or end >= len(times):
        return False
    around = int(times[end] - times[first - 1])
    jumps_away = not 0 <= times[first] - times[first - 1] <= near
    comes_back = not 0 <= times[end] - times[end - 1] <= near
    return jumps_away and comes_back and 0 <= around <= (end - first) * length + near


def median_step(stamps: Stamps) -> int:
    """Return the median step forward between frames, in ticks; 1 where there is none."""
    steps = np.diff(stamps[stamps != NO_STAMP])
    ahead = steps[steps > 0]
    return int(np.median(ahead)) if len(ahead) else 1


def find_runs(stamps: Stamps, lengths: Stamps, tick: Fraction) -> list[Run]:
    """Divide a stream into runs.

    ``stamps`` are when frames begin, in decoding order, NO_STAMP where unknown; ``lengths`` are how long they
    last. Both are in ticks of ``tick`` seconds. Returns no run for a stream without timestamps.
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
    runs = []
    for start, end in pairwise(bounds):
        inside = stamps[known[start:end]]
        ends = inside + lengths[known[start:end]]
        first = int(known[start]) if start else 0
        last = int(known[end]) if end < len(known) else len(stamps)
        runs.append(Run(first, last, int(inside.min()) * tick, int(ends.max()) * tick))
    return runs


def _breaks(stamps: Stamps, lengths: Stamps, tick: Fraction) -> list[int]:
    """Return the numbers of the frames at which the clock jumps."""
    ends = stamps[:-1] + lengths[:-1]
    ahead = stamps[1:] - ends > int(MAX_PAUSE / tick)
    back = stamps[1:] - stamps[:-1] < -int(STEP_BACK / tick)
    usual = int(np.median(lengths))
    maybe = np.flatnonzero((stamps[1:] - stamps[:-1] < -usual // 4) & ~back)[: 8 * MAX_RUNS]
    again = np.zeros(len(ahead), bool)
    again[[at for at in maybe if _has_earlier_frame_at(stamps, int(at) + 1, usual)]] = True
    return [int(at) + 1 for at in np.flatnonzero(ahead | back | again)]


def _has_earlier_frame_at(stamps: Stamps, at: int, usual: int) -> bool:
    """Return whether an earlier frame has the time of this frame."""
    before = stamps[max(0, at - LOOK_BACK) : at]
    return bool((np.abs(before - stamps[at]) < SAME_TIME_SHARE * max(usual, 1)).any())
