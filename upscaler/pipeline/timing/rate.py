"""The base rate of a clip, from the timestamps of its frames, and the slot of every frame at that rate.

No field of a container can be believed for this: r_frame_rate says 1000/1 for a jittered FLV, avg_frame_rate is 0/0 for
a WMV of variable rate. A rate is never below the one that is measured: a repeated frame costs nothing, and frames that
find no slot in time would be late, and all that follows them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import ceil, gcd

import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.facts import Shift
from upscaler.pipeline.core.slots import NEVER, Piece, slot_fraction

from .clock import NO_STAMP, Stamps

COARSE_TIME_BASE = Fraction(1, 400)
HIGHEST = 1000
"""Frames a second. Anything above is no rate but a header's nonsense, or a clock in milliseconds."""
HIGHEST_SPARSE = 240
"""Frames a second, where most of them would be repeats: a few pictures must not become millions."""
MOST_HELD, ALWAYS_HELD = 20, 100_000
"""Slots for each frame, and slots that any clip may have. Beyond that nearly all of a clip stands still, and a rate for
its few quick frames would fill it up with millions of repeats."""
USUAL_STEPS = Fraction(5, 2)
"""Times the median of the steps between frames: longer ones are gaps, and say nothing about the rate."""
MOST_SLOTS = Fraction(3, 2)
"""Times the frames: a grid with more slots may be one of rounding, such as 30 a second in hundredths of seconds."""
AVERAGE_SLACK = Fraction(1, 5)
"""A declared average that is further off what is measured is one of ffmpeg's guesses."""
SNAPS = Fraction(1, 100)
"""How far a standard rate may be from the declared one, if every frame fits it as well: in a few frames much does."""
TICK_SLACK = Fraction(11, 10)
"""Ticks by which a timestamp may lie beside its slot: it was rounded, and so was the rate."""
NEAR_MEASURED = Fraction(97, 100)
"""Of a measured rate, which jitter in a short clip blurs: the lowest standard rate that is tried."""
SAME_RATE = Fraction(1001, 1000)
"""Times a measured rate: up to so much above it, the simplest fraction is as good."""
SPARE = Fraction(11, 10)
"""Times the measured rate: a standard one above that would repeat too many frames, and the measured one is taken."""
WELL_IN_TIME, IN_TIME = 0.85, 1.0
"""Slots by which jitter may put a frame beside its time: the first is looked for first."""
LATE_COUNTS = 2.0
"""How many times as much as early."""
MOST_PIECES = 500
"""A clock that jumps more often is not followed: an argument of a program has a longest length."""
PHASES = (-0.45, 1.05, 16)
"""Slots after the first frame at which the grid is tried to begin: from, to, and how often between."""
TELECINE = 0.95
"""Of the steps: so many follow the pattern of two and three fields, where film was made video by its flags alone."""
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
    """How frames are numbered.

    ``kind`` is "constant", "variable" (a regular grid with gaps) or "jittered" (no grid fits); ``frames`` is the count
    at ``rate``. ``origin`` is when slot 0 begins, in ticks of the first run's clock.
    """

    rate: Fraction
    kind: str
    frames: int
    origin: int = 0
    quickest: Fraction = Fraction(0)
    """The rate that the quickest part has, where that would make too many frames; 0 elsewhere."""


def base_rate(
    stamps: Sequence[int] | Stamps,
    time_base: Fraction,
    r_frame_rate: Fraction,
    avg_frame_rate: Fraction,
    shifts: Sequence[Shift] = (Shift(0, Fraction(0)),),
) -> Timing:
    """The rate whose slots hold every frame at its time.

    ``stamps`` are the presentation timestamps of all frames in units of ``time_base``, in the order in which the frames
    are shown; ``shifts`` is the account of their clock. A declared rate that is not known is 0. Raises ValueError when
    there are no frames.
    """
    if not len(stamps):
        raise ValueError("a clip without frames has no rate")
    whole = np.asarray(stamps, np.int64)
    ordered = _longest_run(whole, shifts)
    known = whole[whole != NO_STAMP]
    first = int(known[0]) if len(known) else 0
    rate, late, fits = _rate(ordered, time_base, r_frame_rate, avg_frame_rate)
    last = _last_slot(whole, time_base, rate, shifts, first + late)
    quickest = Fraction(0)
    if last + 1 > slots_allowed(len(whole)) and (slower := _slower_rate(ordered, time_base, rate, len(whole), last)):
        quickest, (rate, late), fits = rate, slower, False
        last = _last_slot(whole, time_base, rate, shifts, first + late)
    origin = first + late
    if last + 1 == len(whole):
        return Timing(rate, "constant", len(whole), origin)
    return Timing(rate, "variable" if fits else "jittered", last + 1, origin, quickest)


def slots_allowed(frames: int) -> int:
    """How many frames a clip may become of which so many decode."""
    return MOST_HELD * frames + ALWAYS_HELD


def pieces(
    stamps: Stamps,
    time_base: Fraction,
    rate: Fraction,
    shifts: Sequence[Shift],
    origin: int,
    slips: Sequence[tuple[int, int]] = (),
) -> tuple[Piece, ...]:
    """One for each shift of the clock; of ``slips``, ranges of frames with a time that can't be right, one for each and
    one behind it: such frames come next."""
    _, denominator = slot_fraction(time_base, rate)
    found = []
    for shift in shifts:
        behind = stamps[shift.frame :]
        known = behind[behind != NO_STAMP]
        stamp = int(known[0]) if len(known) else origin
        place = ((stamp - origin) * time_base + shift.seconds - shifts[0].seconds) * rate
        found.append(Piece(shift.frame, stamp, round(place * 2 * denominator) + denominator))
    return _with_slips(found, slips)


def _with_slips(found: list[Piece], slips: Sequence[tuple[int, int]]) -> tuple[Piece, ...]:
    starts = {piece.frame for piece in found}
    for first, end in slips:
        around = max((piece for piece in found if piece.frame <= first), key=lambda piece: piece.frame)
        found = [piece for piece in found if piece.frame != first]
        found.append(Piece(first, 0, NEVER))
        if end not in starts:
            found.append(replace(around, frame=end))
    found.sort(key=lambda piece: piece.frame)
    if len(found) > MOST_PIECES:
        found[MOST_PIECES - 1 :] = [Piece(found[MOST_PIECES - 1].frame, 0, NEVER)]
    return tuple(found)


def slots(stamps: Stamps, within: Sequence[Piece], time_base: Fraction, rate: Fraction) -> NDArray[np.int64]:
    """The number of every frame at ``rate``: the nearest one that is free, so that none is lost.

    filters/constant_rate.py says the same to ffmpeg, to the frame.
    """
    numerator, denominator = slot_fraction(time_base, rate)
    nearest = np.full(len(stamps), np.iinfo(np.int64).min // 2, np.int64)
    for piece, end in zip(within, [*(piece.frame for piece in within[1:]), len(stamps)], strict=True):
        if piece.offset == NEVER:
            continue
        part = stamps[piece.frame : end]
        is_known = part != NO_STAMP
        there = (part[is_known] - piece.stamp) * (2 * numerator) + piece.offset
        nearest[piece.frame : end][is_known] = there // (2 * denominator)
    nearest[:1] = 0
    return _free(nearest)


def _last_slot(stamps: Stamps, time_base: Fraction, rate: Fraction, shifts: Sequence[Shift], origin: int) -> int:
    return int(slots(stamps, pieces(stamps, time_base, rate, shifts, origin), time_base, rate)[-1])


def _slower_rate(
    stamps: Sequence[int], time_base: Fraction, rate: Fraction, frames: int, last: int
) -> tuple[Fraction, int] | None:
    """The highest standard rate whose slots are few enough and at which frames are still shown in time, with where slot
    0 begins; None where there is none. ``last`` is the last slot at ``rate``."""
    ticks = np.asarray(stamps, np.int64) - stamps[0]
    for slower in reversed(STANDARD_RATES):
        if (last + 2) * slower / rate > slots_allowed(frames):
            continue
        beside, origin = _best_origin(ticks, time_base, slower, 1.0)
        if beside <= IN_TIME:
            return slower, origin
    return None


def _free(nearest: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each the nearest number that no frame before it has."""
    places = np.arange(len(nearest))
    free: NDArray[np.int64] = np.maximum.accumulate(nearest - places) + places
    return free


def _longest_run(stamps: Stamps, shifts: Sequence[Shift]) -> list[int]:
    """The most timestamps of one clock, in rising order: a file put behind another has a grid of its own."""
    bounds = [*(shift.frame for shift in shifts), len(stamps)]
    start, end = max(pairwise(bounds), key=lambda run: run[1] - run[0])
    part = stamps[start:end]
    return [int(stamp) for stamp in np.sort(part[part != NO_STAMP])]


def _rate(
    stamps: Sequence[int], time_base: Fraction, r_frame_rate: Fraction, avg_frame_rate: Fraction
) -> tuple[Fraction, int, bool]:
    """The rate, by how many ticks slot 0 begins after the first frame, and whether every frame has a slot of its own on
    its grid."""
    once = sorted(set(stamps))
    if len(once) <= 1:
        declared = r_frame_rate or avg_frame_rate
        return (declared if 0 < declared <= 120 else Fraction(25)), 0, True
    if time_base > COARSE_TIME_BASE and (coarse := _coarse_rate(once, time_base, r_frame_rate)) <= HIGHEST_SPARSE:
        return coarse, 0, True
    fitting = list(_exact_rates(once, time_base, r_frame_rate))
    fitting = [rate for rate in fitting if rate <= HIGHEST_SPARSE or not _is_sparse(once, time_base, rate)]
    exact = next((rate for rate in fitting if not _is_sparse(once, time_base, rate)), next(iter(fitting), None))
    if exact is not None:
        exact = _film_rate(once, time_base, exact) or exact
        if len(once) == len(stamps) or _lateness(stamps, time_base, exact) <= IN_TIME:
            return exact, 0, True
    rate, late = _jittered_rate(stamps, time_base, _average(stamps, time_base, avg_frame_rate))
    return rate, late, False


def _exact_rates(stamps: Sequence[int], time_base: Fraction, declared: Fraction) -> Iterator[Fraction]:
    """Rates on whose grid every frame has a slot of its own, the likeliest first."""
    if 0 < declared <= HIGHEST and _fits(stamps, time_base, declared):
        near = [rate for rate in STANDARD_RATES if abs(rate / declared - 1) <= SNAPS]
        yield from (
            rate for rate in sorted(near, key=lambda rate: abs(rate - declared)) if _fits(stamps, time_base, rate)
        )
        yield declared
    yield from (rate for rate in STANDARD_RATES if _fits(stamps, time_base, rate))
    measured = _regular_rate(stamps, time_base)
    if measured is not None and _fits(stamps, time_base, measured):
        yield measured


def _coarse_rate(stamps: Sequence[int], time_base: Fraction, declared: Fraction) -> Fraction:
    """The grid that all ticks lie on, unless most of it is empty and the declared rate is fine enough."""
    grid = 1 / (gcd(*(b - a for a, b in pairwise(stamps))) * time_base)
    is_sparse = _is_sparse(stamps, time_base, grid)
    return declared if is_sparse and 0 < declared < grid and _fits(stamps, time_base, declared) else grid


def _is_sparse(stamps: Sequence[int], time_base: Fraction, rate: Fraction) -> bool:
    """Are most slots of a grid empty?"""
    return (stamps[-1] - stamps[0]) * time_base * rate + 1 > MOST_SLOTS * len(stamps)


def _lateness(stamps: Sequence[int], time_base: Fraction, rate: Fraction) -> float:
    """Slots by which frames that share a time put others off."""
    times = (np.asarray(stamps, np.int64) - stamps[0]).astype(np.float64) * float(time_base * rate)
    return float((_free(np.round(times).astype(np.int64)) - times).max())


def _film_rate(stamps: Sequence[int], time_base: Fraction, exact: Fraction) -> Fraction | None:
    """The rate of film whose frames are shown for two and three fields in turns, on a grid of fields.

    24 frames a second on 60 fields; where parts are video, of two fields a frame, half the rate of fields.
    """
    places = np.round((np.asarray(stamps) - stamps[0]) * float(time_base * exact)).astype(np.int64)
    steps = np.diff(places)
    if len(steps) < 8 or np.isin(steps, (2, 3)).mean() < TELECINE or not (steps == 3).any():
        return None
    takes_turns = (steps[1:] + steps[:-1] == 5).mean()
    if takes_turns >= TELECINE:
        return exact * Fraction(2, 5)
    return exact / 2 if (steps == 3).mean() < 0.5 + (1 - TELECINE) and takes_turns + _twos(steps) >= TELECINE else None


def _twos(steps: NDArray[np.int64]) -> float:
    """The part of neighbouring steps that are two fields both."""
    return float(((steps[1:] == 2) & (steps[:-1] == 2)).mean())


def _regular_rate(stamps: Sequence[int], time_base: Fraction) -> Fraction | None:
    """The simplest rate on whose grid evenly spaced frames lie, whatever it is; None where they are not even."""
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
    rate = _simplest(1 / (Fraction(most) * time_base), 1 / (Fraction(least) * time_base))
    return rate if 0 < rate <= HIGHEST else None


def _simplest(least: Fraction, most: Fraction) -> Fraction:
    """The fraction of the smallest denominator between two positive numbers (by continued fractions)."""
    whole = ceil(least)
    if whole <= most:
        return Fraction(whole)
    below = whole - 1
    return below + 1 / _simplest(1 / (most - below), 1 / (least - below))


def _jittered_rate(stamps: Sequence[int], time_base: Fraction, measured: Fraction) -> tuple[Fraction, int]:
    """The lowest rate, standard if there is one, at which frames are shown in time, and by how many
    ticks slot 0 begins after the first of them.

    Over the whole clip no frame may be late by more than a slot, so that a rate below the one of the source never does.
    """
    ticks = np.asarray(stamps, np.int64) - stamps[0]
    rates = [rate for rate in STANDARD_RATES if rate >= NEAR_MEASURED * measured]
    near = [rate for rate in rates if rate <= SPARE * measured]
    near.sort(key=lambda rate: (rate < measured / SAME_RATE, abs(rate - measured)))
    if measured <= HIGHEST:
        near.append(_simplest(measured, measured * SAME_RATE))
    tried = []
    tries = ((near, LATE_COUNTS, WELL_IN_TIME), (near, 1.0, WELL_IN_TIME), (near, 1.0, IN_TIME), (rates, 1.0, IN_TIME))
    for candidates, late_counts, most in tries:
        for rate in candidates:
            beside, origin = _best_origin(ticks, time_base, rate, late_counts)
            if beside <= most:
                return rate, origin
            tried.append((beside / float(rate), rate, origin))
    if not tried:
        return Fraction(HIGHEST), 0
    _, rate, origin = min(tried)
    return rate, origin


def _best_origin(ticks: Stamps, time_base: Fraction, rate: Fraction, late_counts: float) -> tuple[float, int]:
    """The most slots that a frame lies beside its time, and the tick at which the grid has to begin for that.

    Late counts for ``late_counts`` times as much as early: what a frame shows happened before its time, and after that
    of the one before.
    """
    numerator, denominator = slot_fraction(time_base, rate)
    origins = np.unique(np.round(np.linspace(*PHASES) * denominator / numerator).astype(np.int64))
    found = []
    for origin in origins:
        nearest = ((ticks - origin) * (2 * numerator) + denominator) // (2 * denominator)
        nearest[0] = 0
        late = _free(nearest) - (ticks - origin) * (numerator / denominator)
        beside = max(late_counts * float(late.max()), -float(late.min()))
        found.append((beside, abs(int(origin)), int(origin)))
    beside, _, origin = min(found)
    return beside, origin


def _average(stamps: Sequence[int], time_base: Fraction, declared: Fraction) -> Fraction:
    """Frames a second without the gaps: as declared where that is near to what is measured.

    Where a file declares none, ffmpeg guesses one, and says 51 of jitter around 30.
    """
    steps = np.diff(np.asarray(stamps, np.int64))
    middle = Fraction(float(np.median(steps if np.median(steps) > 0 else steps[steps > 0])))
    usual = steps[steps <= int(USUAL_STEPS * middle)]
    measured = len(usual) / (max(1, int(usual.sum())) * time_base)
    near = (measured, 1 / (middle * time_base))
    if declared >= measured / SAME_RATE and any(abs(declared / one - 1) <= AVERAGE_SLACK for one in near):
        return declared
    return measured


def _fits(stamps: Sequence[int], time_base: Fraction, rate: Fraction) -> bool:
    """Does every frame lie within about a tick of a slot of its own, on a grid that is coarser than the ticks?"""
    slot = float(1 / (rate * time_base))
    ticks = np.asarray(stamps, np.int64) - stamps[0]
    numbers = np.round(ticks / slot)
    is_beside = np.abs(ticks - numbers * slot) <= float(TICK_SLACK)
    return bool(slot > 2 * float(TICK_SLACK) and is_beside.all() and (np.diff(numbers) > 0).all())
