"""Where a frame belongs at a rate, as plain numbers that Python and ffmpeg reckon with alike."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

NEVER = -1
"""An offset with which no time has a slot: the next free one is taken."""


LARGEST = 1 << 36
"""Of a denominator: with twice that, 2 ** 26 slots fit into 64 bits, which are six hours at 3,000 a second."""


@dataclass(frozen=True)
class Piece:
    """From the decoded frame ``frame`` on, a frame with timestamp PTS belongs into the slot

        floor(((PTS - stamp) * 2 * numerator + offset) / (2 * denominator))

    with numerator and denominator those of ``slot_fraction``.
    """

    frame: int
    stamp: int
    offset: int


def slot_fraction(time_base: Fraction, rate: Fraction) -> tuple[int, int]:
    """Slots of one tick of the time base, as numerator and denominator.

    Reduced only where hours of ticks would not fit into 64 bits: offsets that were measured before are in these units.
    """
    numerator, denominator = time_base.numerator * rate.numerator, time_base.denominator * rate.denominator
    if denominator > LARGEST:
        reduced = Fraction(numerator, denominator).limit_denominator(LARGEST)
        return reduced.numerator, reduced.denominator
    return numerator, denominator
