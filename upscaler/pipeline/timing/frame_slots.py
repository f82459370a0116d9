"""The number of every frame at a rate: the slot that is nearest to its time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.frame_numbering import NO_TIME, Piece, slot_fraction
from upscaler.pipeline.core.timeline import Shift
from upscaler.pipeline.timing.clock_runs import NO_STAMP, Stamps

MAX_PIECES = 500
"""Maximum number of pieces: the length of a program's argument is limited."""


def numbering_pieces(
    stamps: Stamps,
    time_base: Fraction,
    rate: Fraction,
    shifts: Sequence[Shift],
    origin: int,
    slips: Sequence[tuple[int, int]] = (),
) -> tuple[Piece, ...]:
    """Return one piece per shift of the clock, and two per range in ``slips``, whose frames have implausible times and
    get the next slots."""
    _, denominator = slot_fraction(time_base, rate)
    pieces = []
    for shift in shifts:
        behind = stamps[shift.frame :]
        known = behind[behind != NO_STAMP]
        stamp = int(known[0]) if len(known) else origin
        place = ((stamp - origin) * time_base + shift.seconds - shifts[0].seconds) * rate
        pieces.append(Piece(shift.frame, stamp, round(place * 2 * denominator) + denominator))
    return _with_slips(pieces, slips)


def _with_slips(pieces: list[Piece], slips: Sequence[tuple[int, int]]) -> tuple[Piece, ...]:
    starts = {piece.frame for piece in pieces}
    for first, end in slips:
        around = max((piece for piece in pieces if piece.frame <= first), key=lambda piece: piece.frame)
        pieces = [piece for piece in pieces if piece.frame != first]
        pieces.append(Piece(first, 0, NO_TIME))
        if end not in starts:
            pieces.append(replace(around, frame=end))
    pieces.sort(key=lambda piece: piece.frame)
    if len(pieces) > MAX_PIECES:
        pieces[MAX_PIECES - 1 :] = [Piece(pieces[MAX_PIECES - 1].frame, 0, NO_TIME)]
    return tuple(pieces)


def frame_slots(stamps: Stamps, within: Sequence[Piece], time_base: Fraction, rate: Fraction) -> NDArray[np.int64]:
    """Return the number of every frame at ``rate``: the nearest free slot, so that no frame is lost.

    prefilters/constant_rate.py makes ffmpeg number frames identically.
    """
    numerator, denominator = slot_fraction(time_base, rate)
    nearest = np.full(len(stamps), np.iinfo(np.int64).min // 2, np.int64)
    for piece, end in zip(within, [*(piece.frame for piece in within[1:]), len(stamps)], strict=True):
        if piece.offset == NO_TIME:
            continue
        part = stamps[piece.frame : end]
        is_known = part != NO_STAMP
        there = (part[is_known] - piece.stamp) * (2 * numerator) + piece.offset
        nearest[piece.frame : end][is_known] = there // (2 * denominator)
    nearest[:1] = 0
    return free_slots(nearest)


def last_slot(stamps: Stamps, time_base: Fraction, rate: Fraction, shifts: Sequence[Shift], origin: int) -> int:
    return int(frame_slots(stamps, numbering_pieces(stamps, time_base, rate, shifts, origin), time_base, rate)[-1])


def free_slots(nearest: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each frame the nearest slot that no earlier frame has."""
    places = np.arange(len(nearest))
    free: NDArray[np.int64] = np.maximum.accumulate(nearest - places) + places
    return free
