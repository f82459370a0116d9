"""The integer arithmetic that maps timestamps to frame numbers, equal in Python and ffmpeg."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

NO_TIME = -1
"""The offset for frames without a usable time: each gets the next free slot."""


MAX_DENOMINATOR = 1 << 36
"""With twice this denominator, 2 ** 26 slots fit into 64 bits: six hours at 3,000 per second."""


@dataclass(frozen=True)
class Piece:
    """The mapping from the decoded frame ``frame`` on. A frame with timestamp PTS gets the slot

        floor(((PTS - stamp) * 2 * numerator + offset) / (2 * denominator))

    with numerator and denominator those of ``slot_fraction``.
    """

    frame: int
    stamp: int
    offset: int


def slot_fraction(time_base: Fraction, rate: Fraction) -> tuple[int, int]:
    """Return slots per tick of the time base, as numerator and denominator.

    Reduced only where hours of ticks would not fit into 64 bits, because stored offsets are in these units.
    """
    numerator, denominator = time_base.numerator * rate.numerator, time_base.denominator * rate.denominator
    if denominator > MAX_DENOMINATOR:
        reduced = Fraction(numerator, denominator).limit_denominator(MAX_DENOMINATOR)
        return reduced.numerator, reduced.denominator
    return numerator, denominator
