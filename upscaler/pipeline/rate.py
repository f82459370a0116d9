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
from statistics import median

COARSE_TIME_BASE = Fraction(1, 400)
NO_STAMP = -(2**63)
"""ffmpeg's own number for a timestamp that is missing."""
LONGEST_GAP_SECONDS = 600
"""A longer jump of the timestamps is a broken clock, not a pause: the frames then go on without one."""
LONGEST_STEP_BACK_SECONDS = 1
"""Timestamps that fall back by more begin anew, as in files that were put one behind the other."""
USUAL_STEPS = Fraction(5, 2)
"""Times the median of the steps between frames: longer ones are gaps, and say nothing about the rate."""
MOST_SLOTS = Fraction(3, 2)
"""Times the frames: a grid with more slots may be one of rounding, such as 30 a second in hundredths of seconds."""
AVERAGE_SLACK = Fraction(1, 5)
"""A declared average that is further off what is measured is one of ffmpeg's guesses."""
SNAPS = Fraction(1, 100)
"""How far a standard rate may be from the declared one, if every frame fits it as well: in a few frames much does."""
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

    ``stamps`` are the presentation timestamps of all frames in units of ``time_base``, in the order
    in which the frames are shown; a declared rate that is not known is 0. Raises ValueError when there are no frames.
    """
    if not stamps:
        raise ValueError("a clip without frames has no rate")
    ordered = sorted(set(_longest_run(stamps, time_base)))
    rate, fits = _rate(ordered, time_base, r_frame_rate, avg_frame_rate)
    last = slots(stamps, time_base, rate)[-1]
    if last + 1 == len(stamps):
        return Timing(rate, "constant", len(stamps))
    return Timing(rate, "variable" if fits else "jittered", last + 1)


def slots(stamps: Sequence[int], time_base: Fraction, rate: Fraction) -> list[int]:
    """The number of every frame at ``rate``: the nearest one that is free, so that none is lost.

    Where the clock jumps, the frame comes next and the clock counts on from there.
    filters/constant_rate.py says the same to ffmpeg, to the frame.
    """
    numerator, denominator = slot_fraction(time_base, rate)
    most, least = longest_jump(rate), -longest_step_back(rate)
    first = next((stamp for stamp in stamps if stamp != NO_STAMP), 0)
    places: list[int] = []
    previous, shift = -1, 0
    for stamp in stamps:
        place = previous + 1
        if stamp != NO_STAMP:
            nearest = shift + ((stamp - first) * 2 * numerator + denominator) // (2 * denominator)
            if places and not least <= nearest - previous <= most:
                shift += place - nearest
            else:
                place = max(place, nearest)
        places.append(place)
        previous = place
    return places


def slot_fraction(time_base: Fraction, rate: Fraction) -> tuple[int, int]:
    """Slots of one tick of the time base, as numerator and denominator."""
    return time_base.numerator * rate.numerator, time_base.denominator * rate.denominator


def longest_jump(rate: Fraction) -> int:
    """Frames that a gap may span."""
    return round(LONGEST_GAP_SECONDS * rate)


def longest_step_back(rate: Fraction) -> int:
    """Frames by which a timestamp may fall behind the frame before it without the clock having begun anew."""
    return round(LONGEST_STEP_BACK_SECONDS * rate)


def _longest_run(stamps: Sequence[int], time_base: Fraction) -> Sequence[int]:
    """The most timestamps of one clock: a file put behind another has a grid of its own."""
    known = [stamp for stamp in stamps if stamp != NO_STAMP]
    most, least = LONGEST_GAP_SECONDS / time_base, -LONGEST_STEP_BACK_SECONDS / time_base
    jumps = [at for at in range(1, len(known)) if not least <= known[at] - known[at - 1] <= most]
    start, end = max(pairwise([0, *jumps, len(known)]), key=lambda run: run[1] - run[0])
    return known[start:end]


def _rate(
    stamps: Sequence[int], time_base: Fraction, r_frame_rate: Fraction, avg_frame_rate: Fraction
) -> tuple[Fraction, bool]:
    """The rate, and whether every frame has a slot of its own on its grid."""
    if len(stamps) <= 1:
        declared = r_frame_rate or avg_frame_rate
        return (declared if 0 < declared <= 120 else Fraction(25)), True
    if time_base > COARSE_TIME_BASE:
        return _coarse_rate(stamps, time_base, r_frame_rate), True
    if 0 < r_frame_rate <= 120 and _fits(stamps, time_base, r_frame_rate):
        near = [rate for rate in STANDARD_RATES if abs(rate / r_frame_rate - 1) <= SNAPS]
        for rate in sorted(near, key=lambda rate: abs(rate - r_frame_rate)):
            if _fits(stamps, time_base, rate):
                return rate, True
        return r_frame_rate, True
    for rate in STANDARD_RATES:
        if _fits(stamps, time_base, rate):
            return rate, True
    average = _average(stamps, time_base, avg_frame_rate)
    return min(STANDARD_RATES, key=lambda standard: abs(standard - average)), False


def _coarse_rate(stamps: Sequence[int], time_base: Fraction, declared: Fraction) -> Fraction:
    """The grid that all ticks lie on, unless most of it is empty and the declared rate is fine enough."""
    grid = 1 / (gcd(*(b - a for a, b in pairwise(stamps))) * time_base)
    slots_of_grid = (stamps[-1] - stamps[0]) * time_base * grid + 1
    is_sparse = slots_of_grid > MOST_SLOTS * len(stamps)
    return declared if is_sparse and 0 < declared < grid and _fits(stamps, time_base, declared) else grid


def _average(stamps: Sequence[int], time_base: Fraction, declared: Fraction) -> Fraction:
    """Frames a second without the gaps: as declared where that is near to what is measured.

    Where a file declares none, ffmpeg guesses one, and says 51 of jitter around 30.
    """
    steps = [after - before for before, after in pairwise(stamps)]
    middle = Fraction(median(steps))
    usual = [step for step in steps if step <= USUAL_STEPS * middle]
    measured = len(usual) / (sum(usual) * time_base)
    if any(abs(declared / near - 1) <= AVERAGE_SLACK for near in (measured, 1 / (middle * time_base))):
        return declared
    return measured


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
