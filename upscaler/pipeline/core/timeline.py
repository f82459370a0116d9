"""Where a source's clock jumps and where its pictures are missing."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Shift:
    """The ``seconds`` that are added to a stream's timestamps from frame ``frame`` on."""

    frame: int
    seconds: Fraction


@dataclass(frozen=True)
class Seam:
    """A jump of the clock. The real length of the pause is unknown."""

    time: Fraction
    """Seconds of the timeline at which the part after the jump begins."""
    jump: Fraction
    """Seconds by which the clock jumps; less than 0 where it restarts."""


@dataclass(frozen=True)
class Recording:
    """A part of the source with its own clock: when it begins and ends by that clock, and the seconds to add to get the
    time on the timeline."""

    begins: Fraction
    ends: Fraction
    shift: Fraction


@dataclass(frozen=True)
class Gap:
    """A stretch without frames, during which the last frame before it stays visible."""

    frame: int
    """Number of the frame after the gap, at the base rate."""
    time: Fraction
    """Seconds after the first frame at which the gap begins."""
    seconds: Fraction
