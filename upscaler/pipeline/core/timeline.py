"""Where a source's clock jumps and where its pictures are missing."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Shift:
    """From frame ``frame`` of a stream on, ``seconds`` are added to its timestamps."""

    frame: int
    seconds: Fraction


@dataclass(frozen=True)
class Seam:
    """Where the clock jumps. How long the pause was, nobody can tell."""

    time: Fraction
    """Seconds of the account, at which what is behind the seam begins."""
    jump: Fraction
    """Seconds by which the clock jumps; less than 0 where it begins again."""


@dataclass(frozen=True)
class Recording:
    """A part of the source with a clock of its own, in seconds: when it begins and ends by that, and how far the
    account moves it."""

    begins: Fraction
    ends: Fraction
    shift: Fraction


@dataclass(frozen=True)
class Gap:
    """A stretch without pictures, in which the last frame before it goes on being shown."""

    frame: int
    """Number of the frame after the gap, at the base rate."""
    time: Fraction
    """Seconds after the first frame at which the gap begins."""
    seconds: Fraction
