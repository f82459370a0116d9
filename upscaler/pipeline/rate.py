"""The base rate of a clip, from the timestamps of its frames.

No field of a container can be believed for this: r_frame_rate says 1000/1 for a jittered FLV,
avg_frame_rate is 0/0 for a WMV of variable rate. The four steps here were right on all clips of
the test corpus.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import gcd

COARSE_TIME_BASE = Fraction(1, 400)
STANDARD_RATES = tuple(
    sorted(
        [Fraction(n) for n in (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 16, 18, 20, 24, 25, 30, 48, 50, 60, 100, 120)]
        + [Fraction(15, 2), Fraction(25, 2)]
        + [Fraction(n * 1000, 1001) for n in (12, 15, 24, 30, 48, 60, 120)]
    )
)


@dataclass(frozen=True)
class Timing:
    """``kind`` is "constant", "variable" or "jittered"; ``frames`` is the count at ``rate``."""

    rate: Fraction
    kind: str
    frames: int


def base_rate(stamps: Sequence[int], time_base: Fraction, r_frame_rate: Fraction, avg_frame_rate: Fraction) -> Timing:
    """The rate whose grid holds every frame.

    ``stamps`` are the presentation timestamps of all frames in units of ``time_base``, ascending;
    a declared rate that is not known is 0. Raises ValueError when there are no frames.
    """
    if not stamps:
        raise ValueError("a clip without frames has no rate")
    if len(stamps) == 1:
        declared = r_frame_rate or avg_frame_rate
        return Timing(declared if 0 < declared <= 120 else Fraction(25), "constant", 1)
    if time_base > COARSE_TIME_BASE:
        ticks = gcd(*(b - a for a, b in pairwise(stamps)))
        if ticks:
            return _timing(stamps, time_base, 1 / (ticks * time_base))
    if 0 < r_frame_rate <= 120 and _fits(stamps, time_base, r_frame_rate):
        near = [rate for rate in STANDARD_RATES if abs(rate / r_frame_rate - 1) <= Fraction(1, 1000)]
        for rate in sorted(near, key=lambda rate: abs(rate - r_frame_rate)):
            if _fits(stamps, time_base, rate):
                return _timing(stamps, time_base, rate)
        return _timing(stamps, time_base, r_frame_rate)
    for rate in STANDARD_RATES:
        if _fits(stamps, time_base, rate):
            return _timing(stamps, time_base, rate)
    span = (stamps[-1] - stamps[0]) * time_base
    average = avg_frame_rate if 0 < avg_frame_rate <= 120 else (len(stamps) - 1) / (span or Fraction(1))
    rate = min(STANDARD_RATES, key=lambda standard: abs(standard - average))
    return Timing(rate, "jittered", round(span * rate) + 1)


def _fits(stamps: Sequence[int], time_base: Fraction, rate: Fraction) -> bool:
    """Does every frame lie within about a tick of a slot of its own?"""
    slot = 1 / (rate * time_base)
    slack = Fraction(11, 10)
    previous = -1
    for stamp in stamps:
        ticks = stamp - stamps[0]
        number = round(ticks / slot)
        if number <= previous or abs(ticks - number * slot) > slack:
            return False
        previous = number
    return True


def _timing(stamps: Sequence[int], time_base: Fraction, rate: Fraction) -> Timing:
    frames = round((stamps[-1] - stamps[0]) * time_base * rate) + 1
    return Timing(rate, "constant" if frames == len(stamps) else "variable", frames)
