"""One ffmpeg filter with its options, as plain data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Option = tuple[str, str | int]
"""A name and a value of ffmpeg's."""


@dataclass(frozen=True)
class Step:
    """``name`` is ffmpeg's; ``options`` are pairs, so that a plan can be compared and stored."""

    name: str
    options: tuple[Option, ...] = ()
    numbers: bool = False
    """Decides which frame has which number. Such steps come first in every chain."""
    context: int = 0
    """Frames before and after a frame that its picture depends on."""
    multiplies: int = 1
    """Frames that come out for each that goes in."""


def same_range(is_full: bool) -> tuple[Option, ...]:
    """Options of a scale filter that leave brightness alone. Unsaid, it makes TV range of what is tagged as full."""
    span = "full" if is_full else "limited"
    return (("in_range", span), ("out_range", span))


def from_frame(steps: tuple[Step, ...], start: int) -> tuple[Step, ...]:
    """The steps, with what lies before output frame ``start`` dropped as soon as frames are numbered.

    Before the work, that is, but for the frames that filters look back at: skipped frames then cost
    their decoding and no more, and every frame comes out as it does from the beginning.
    """
    if not start:
        return steps
    numbering, work = split(steps)
    each = frames_for_each(work)
    first = max(0, start // each - context_of(work))
    early = (Step("trim", (("start_frame", first),)),) if first else ()
    late = (Step("trim", (("start_frame", start - first * each),)),) if start > first * each else ()
    return (*numbering, *early, *work, *late)


def split(steps: tuple[Step, ...]) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """The steps that number frames, and those behind them."""
    count = sum(step.numbers for step in steps)
    return steps[:count], steps[count:]


def frames_for_each(steps: Iterable[Step]) -> int:
    """Frames that come out of the steps for each that goes in."""
    each = 1
    for step in steps:
        each *= step.multiplies
    return each


def context_of(steps: Iterable[Step]) -> int:
    """Frames before the one wanted that the steps look back at, all together."""
    return sum(step.context for step in steps)
