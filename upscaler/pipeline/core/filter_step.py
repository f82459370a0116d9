"""One ffmpeg filter with its options, as plain data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Option = tuple[str, str | int]
"""Name and value of an option of ffmpeg."""


@dataclass(frozen=True)
class Step:
    """One filter. ``name`` is ffmpeg's; ``options`` are pairs, so that plans can be compared and stored."""

    name: str
    options: tuple[Option, ...] = ()
    numbers: bool = False
    """Whether the step numbers frames. Such steps come first in every chain."""
    context: int = 0
    """Number of neighbouring frames on each side that a frame depends on."""
    multiplies: int = 1
    """Output frames per input frame."""


def same_range(is_full: bool) -> tuple[Option, ...]:
    """Return options for a scale filter that keep the range. By default, it converts full range to TV range."""
    span = "full" if is_full else "limited"
    return (("in_range", span), ("out_range", span))


def from_frame(steps: tuple[Step, ...], start: int) -> tuple[Step, ...]:
    """Return the steps, with the frames before output frame ``start`` dropped as soon as frames are numbered.

    Frames that filters look back at are kept until after the filters. Skipped frames cost only their
    decoding, and every frame comes out as it does in a run from the beginning.
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
    """Split the steps into those that number frames, and the rest."""
    count = sum(step.numbers for step in steps)
    return steps[:count], steps[count:]


def frames_for_each(steps: Iterable[Step]) -> int:
    """Return the output frames per input frame of all steps."""
    each = 1
    for step in steps:
        each *= step.multiplies
    return each


def context_of(steps: Iterable[Step]) -> int:
    """Return how many earlier frames the steps need in total."""
    return sum(step.context for step in steps)
