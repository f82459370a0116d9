"""The base rate of a video, from the timestamps of its frames.

The rates in headers are unreliable: r_frame_rate is 1000/1 for a jittered FLV, avg_frame_rate is 0/0 for a WMV of
variable rate. The base rate is never below the measured one: repeated frames cost nothing, while frames without a slot
in time would delay all later ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil, gcd

import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.frame_numbering import slot_fraction
from upscaler.pipeline.core.timeline import Shift
from upscaler.pipeline.timing.clock_runs import NO_STAMP, Stamps

from .frame_slots import free_slots, last_slot

COARSE_TIME_BASE = Fraction(1, 400)
MAX_RATE = 1000
"""Frames per second. A higher rate is an error in the header, or a clock in milliseconds."""
MAX_SPARSE_RATE = 240
"""Frames per second where most frames would be repeats: a few pictures must not become millions."""
MAX_SLOTS_PER_FRAME, MIN_SLOTS_ALLOWED = 20, 100_000
"""Slots allowed per frame, and slots allowed for any video. With more, most of a video is still, and a rate for its few
fast frames would add millions of repeats."""
GAP_STEPS = Fraction(5, 2)
"""Multiple of the median step between frames. Longer steps are gaps and don't count for the rate."""
MAX_SLOT_SHARE = Fraction(3, 2)
"""Multiple of the frames. A grid with more slots may result from rounding, such as 30 per second in 1/100 s."""
AVERAGE_SLACK = Fraction(1, 5)
"""A declared average that differs more from the measurement is one of ffmpeg's guesses."""
STANDARD_RATE_TOLERANCE = Fraction(1, 100)
"""Tolerance of a standard rate against the declared one, if every frame fits both."""
TICK_SLACK = Fraction(11, 10)
"""Ticks by which a timestamp may differ from its slot, since both it and the rate are rounded."""
MIN_RATE_SHARE = Fraction(97, 100)
"""Share of the measured rate, which jitter makes imprecise: the lowest standard rate to try."""
SAME_RATE = Fraction(1001, 1000)
"""Multiple of the measured rate within which the simplest fraction is equivalent."""
MAX_RATE_EXCESS = Fraction(11, 10)
"""Multiple of the measured rate. A standard rate above it would repeat too many frames."""
GOOD_OFFSET, MAX_OFFSET = 0.85, 1.0
"""Slots by which a frame may differ from its time, the preferred limit first."""
LATE_WEIGHT = 2.0
"""Weight of a late frame against an early one."""
PHASES = (-0.45, 1.05, 16)
"""Starts of the grid to try, in slots after the first frame: from, to, and their number."""
TELECINE_SHARE = 0.95
"""Share of the steps that follow the pattern of two and three fields in soft telecine."""
STANDARD_RATES = tuple(
    sorted(
        [Fraction(n) for n in (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 16, 18, 20, 24, 25, 30, 35, 36, 48, 50, 60, 70, 72)]
        + [Fraction(n) for n in (75, 85, 90, 100, 120, 144, 165, 200, 240)]
        + [Fraction(15, 2), Fraction(25, 2)]
        + [Fraction(n * 1000, 1001) for n in (12, 15, 24, 30, 48, 60, 120, 240)]
    )
)


@dataclass(frozen=True)
class Timing:
    """The base rate and the numbering of frames.

    ``kind`` is "constant", "variable" (a regular grid with gaps) or "jittered" (no grid fits); ``frames`` is the count
    at ``rate``. ``origin`` is when slot 0 begins, in ticks of the first run's clock.
    """

    rate: Fraction
    kind: str
    frames: int
    origin: int = 0
    quickest: Fraction = Fraction(0)
    """The rate of the fastest part, where that would make too many frames; 0 elsewhere."""


def base_rate(
    stamps: Sequence[int] | Stamps,
    time_base: Fraction,
    r_frame_rate: Fraction,
    avg_frame_rate: Fraction,
    shifts: Sequence[Shift] = (Shift(0, Fraction(0)),),
) -> Timing:
    """Return the rate at which every frame has a slot at its time.

    ``stamps`` are the presentation timestamps of all frames in units of ``time_base``, in presentation order;
    ``shifts`` are those of their clock. An unknown declared rate is 0. Raises ValueError without frames.
    """
    if not len(stamps):
        raise ValueError("a clip without frames has no rate")
    whole = np.asarray(stamps, np.int64)
    ordered = _longest_run(whole, shifts)
    known = whole[whole != NO_STAMP]
    first = int(known[0]) if len(known) else 0
    rate, late, fits = _rate(ordered, time_base, r_frame_rate, avg_frame_rate)
    last = last_slot(whole, time_base, rate, shifts, first + late)
    quickest = Fraction(0)
    if last + 1 > max_slots(len(whole)) and (slower := _slower_rate(ordered, time_base, rate, len(whole), last)):
        quickest, (rate, late), fits = rate, slower, False
        last = last_slot(whole, time_base, rate, shifts, first + late)
    origin = first + late
    if last + 1 == len(whole):
        return Timing(rate, "constant", len(whole), origin)
    return Timing(rate, "variable" if fits else "jittered", last + 1, origin, quickest)


def max_slots(frames: int) -> int:
    """Return how many frames a video with so many decoded frames may have at its base rate."""
    return MAX_SLOTS_PER_FRAME * frames + MIN_SLOTS_ALLOWED


def _slower_rate(
    stamps: Sequence[int], time_base: Fraction, rate: Fraction, frames: int, last: int
) -> tuple[Fraction, int] | None:
    """Return the highest standard rate with few enough slots at which frames are in time, and where slot 0 begins; None
    where there is none. ``last`` is the last slot at ``rate``."""
    ticks = np.asarray(stamps, np.int64) - stamps[0]
    for slower in reversed(STANDARD_RATES):
        if (last + 2) * slower / rate > max_slots(frames):
            continue
        beside, origin = _best_origin(ticks, time_base, slower, 1.0)
        if beside <= MAX_OFFSET:
            return slower, origin
    return None


def _longest_run(stamps: Stamps, shifts: Sequence[Shift]) -> list[int]:
    """Return the timestamps of the longest run, sorted: joined files have different grids."""
    bounds = [*(shift.frame for shift in shifts), len(stamps)]
    start, end = max(pairwise(bounds), key=lambda run: run[1] - run[0])
    part = stamps[start:end]
    return [int(stamp) for stamp in np.sort(part[part != NO_STAMP])]


def _rate(
    stamps: Sequence[int], time_base: Fraction, r_frame_rate: Fraction, avg_frame_rate: Fraction
) -> tuple[Fraction, int, bool]:
    """Return the rate, the ticks from the first frame to slot 0, and whether each frame has its own slot."""
    once = sorted(set(stamps))
    if len(once) <= 1:
        declared = r_frame_rate or avg_frame_rate
        return (declared if 0 < declared <= 120 else Fraction(25)), 0, True
    if time_base > COARSE_TIME_BASE and (coarse := _coarse_rate(once, time_base, r_frame_rate)) <= MAX_SPARSE_RATE:
        return coarse, 0, True
    fitting = list(_exact_rates(once, time_base, r_frame_rate))
    fitting = [rate for rate in fitting if rate <= MAX_SPARSE_RATE or not _is_sparse(once, time_base, rate)]
    exact = next((rate for rate in fitting if not _is_sparse(once, time_base, rate)), next(iter(fitting), None))
    if exact is not None:
        exact = _film_rate(once, time_base, exact) or exact
        if len(once) == len(stamps) or _lateness(stamps, time_base, exact) <= MAX_OFFSET:
            return exact, 0, True
    rate, late = _jittered_rate(stamps, time_base, _average_rate(stamps, time_base, avg_frame_rate))
    return rate, late, False


def _exact_rates(stamps: Sequence[int], time_base: Fraction, declared: Fraction) -> Iterator[Fraction]:
    """Yield rates at which every frame has a slot of its own, the most likely first."""
    if 0 < declared <= MAX_RATE and _fits(stamps, time_base, declared):
        near = [rate for rate in STANDARD_RATES if abs(rate / declared - 1) <= STANDARD_RATE_TOLERANCE]
        yield from (
            rate for rate in sorted(near, key=lambda rate: abs(rate - declared)) if _fits(stamps, time_base, rate)
        )
        yield declared
    yield from (rate for rate in STANDARD_RATES if _fits(stamps, time_base, rate))
    measured = _regular_rate(stamps, time_base)
    if measured is not None and _fits(stamps, time_base, measured):
        yield measured


def _coarse_rate(stamps: Sequence[int], time_base: Fraction, declared: Fraction) -> Fraction:
    """Return the finest grid of the timestamps, unless most of it is empty and the declared rate fits."""
    grid = 1 / (gcd(*(b - a for a, b in pairwise(stamps))) * time_base)
    is_sparse = _is_sparse(stamps, time_base, grid)
    return declared if is_sparse and 0 < declared < grid and _fits(stamps, time_base, declared) else grid


def _is_sparse(stamps: Sequence[int], time_base: Fraction, rate: Fraction) -> bool:
    """Return whether most slots of a grid are empty."""
    return (stamps[-1] - stamps[0]) * time_base * rate + 1 > MAX_SLOT_SHARE * len(stamps)


def _lateness(stamps: Sequence[int], time_base: Fraction, rate: Fraction) -> float:
    """Return the slots by which frames with equal times delay others."""
    times = (np.asarray(stamps, np.int64) - stamps[0]).astype(np.float64) * float(time_base * rate)
    return float((free_slots(np.round(times).astype(np.int64)) - times).max())


def _film_rate(stamps: Sequence[int], time_base: Fraction, exact: Fraction) -> Fraction | None:
    """Return the rate of telecined film, whose frames last two and three fields in turns; None for other video.

    24 frames per second on 60 fields; where parts are video with two fields per frame, half the field rate.
    """
    places = np.round((np.asarray(stamps) - stamps[0]) * float(time_base * exact)).astype(np.int64)
    steps = np.diff(places)
    if len(steps) < 8 or np.isin(steps, (2, 3)).mean() < TELECINE_SHARE or not (steps == 3).any():
        return None
    takes_turns = (steps[1:] + steps[:-1] == 5).mean()
    if takes_turns >= TELECINE_SHARE:
        return exact * Fraction(2, 5)
    return (
        exact / 2
        if (steps == 3).mean() < 0.5 + (1 - TELECINE_SHARE) and takes_turns + _two_field_share(steps) >= TELECINE_SHARE
        else None
    )


def _two_field_share(steps: NDArray[np.int64]) -> float:
    """Return the share of neighbouring steps that are both two fields."""
    return float(((steps[1:] == 2) & (steps[:-1] == 2)).mean())


def _regular_rate(stamps: Sequence[int], time_base: Fraction) -> Fraction | None:
    """Return the simplest rate that fits evenly spaced frames; None for uneven ones."""
    ticks = np.asarray(stamps, np.int64) - stamps[0]
    step = float(np.median(np.diff(ticks)))
    for _ in range(3):  # the median is rounded to a tick: each pass knows the step better
        places = np.cumsum(np.concatenate(([0], np.maximum(1, np.round(np.diff(ticks) / step)))))
        step = float((places @ ticks) / (places @ places))
    if step <= 0:
        return None
    slack = float(TICK_SLACK) / 2
    used = places > 0
    least = float(((ticks[used] - slack) / places[used]).max())
    most = float(((ticks[used] + slack) / places[used]).min())
    if least >= most or least <= 0:
        return None
    rate = _simplest_fraction(1 / (Fraction(most) * time_base), 1 / (Fraction(least) * time_base))
    return rate if 0 < rate <= MAX_RATE else None


def _simplest_fraction(least: Fraction, most: Fraction) -> Fraction:
    """Return the fraction with the smallest denominator between two positive numbers (by continued fractions)."""
    whole = ceil(least)
    if whole <= most:
        return Fraction(whole)
    below = whole - 1
    return below + 1 / _simplest_fraction(1 / (most - below), 1 / (least - below))


def _jittered_rate(stamps: Sequence[int], time_base: Fraction, measured: Fraction) -> tuple[Fraction, int]:
    """Return the lowest rate, preferably a standard one, at which frames are in time, and the ticks by
    which slot 0 begins after the first frame.

    No frame of the video may be late by more than a slot, so a rate below the source's never qualifies.
    """
    ticks = np.asarray(stamps, np.int64) - stamps[0]
    rates = [rate for rate in STANDARD_RATES if rate >= MIN_RATE_SHARE * measured]
    near = [rate for rate in rates if rate <= MAX_RATE_EXCESS * measured]
    near.sort(key=lambda rate: (rate < measured / SAME_RATE, abs(rate - measured)))
    if measured <= MAX_RATE:
        near.append(_simplest_fraction(measured, measured * SAME_RATE))
    tried = []
    tries = (
        (near, LATE_WEIGHT, GOOD_OFFSET),
        (near, 1.0, GOOD_OFFSET),
        (near, 1.0, MAX_OFFSET),
        (rates, 1.0, MAX_OFFSET),
    )
    for candidates, late_counts, most in tries:
        for rate in candidates:
            beside, origin = _best_origin(ticks, time_base, rate, late_counts)
            if beside <= most:
                return rate, origin
            tried.append((beside / float(rate), rate, origin))
    if not tried:
        return Fraction(MAX_RATE), 0
    _, rate, origin = min(tried)
    return rate, origin


def _best_origin(ticks: Stamps, time_base: Fraction, rate: Fraction, late_counts: float) -> tuple[float, int]:
    """Return the smallest maximum offset of a frame in slots, and the tick at which the grid begins for it.

    Late frames count ``late_counts`` times as much as early ones.
    """
    numerator, denominator = slot_fraction(time_base, rate)
    origins = np.unique(np.round(np.linspace(*PHASES) * denominator / numerator).astype(np.int64))
    candidates = []
    for origin in origins:
        nearest = ((ticks - origin) * (2 * numerator) + denominator) // (2 * denominator)
        nearest[0] = 0
        late = free_slots(nearest) - (ticks - origin) * (numerator / denominator)
        beside = max(late_counts * float(late.max()), -float(late.min()))
        candidates.append((beside, abs(int(origin)), int(origin)))
    beside, _, origin = min(candidates)
    return beside, origin


def _average_rate(stamps: Sequence[int], time_base: Fraction, declared: Fraction) -> Fraction:
    """Return frames per second without the gaps: the declared rate where it is close to the measured one.

    Where a file declares none, ffmpeg guesses, for example 51 for jitter around 30.
    """
    steps = np.diff(np.asarray(stamps, np.int64))
    middle = Fraction(float(np.median(steps if np.median(steps) > 0 else steps[steps > 0])))
    usual = steps[steps <= int(GAP_STEPS * middle)]
    measured = len(usual) / (max(1, int(usual.sum())) * time_base)
    near = (measured, 1 / (middle * time_base))
    if declared >= measured / SAME_RATE and any(abs(declared / measure - 1) <= AVERAGE_SLACK for measure in near):
        return declared
    return measured


def _fits(stamps: Sequence[int], time_base: Fraction, rate: Fraction) -> bool:
    """Return whether every frame is within about a tick of its own slot, on a grid coarser than the ticks."""
    slot = float(1 / (rate * time_base))
    ticks = np.asarray(stamps, np.int64) - stamps[0]
    numbers = np.round(ticks / slot)
    is_beside = np.abs(ticks - numbers * slot) <= float(TICK_SLACK)
    return bool(slot > 2 * float(TICK_SLACK) and is_beside.all() and (np.diff(numbers) > 0).all())
