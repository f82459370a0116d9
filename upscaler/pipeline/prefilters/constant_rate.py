"""Bring a variable rate to the source's own base rate; a constant one is left alone."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil

from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.facts import Facts, Repeats
from upscaler.pipeline.core.filter_step import Step
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.core.slots import NEVER, Piece, slot_fraction

HIGHEST_RATE = 240


def rate(facts: Facts, recipe: Recipe) -> Fraction:
    """Frames a second at which frames are numbered. Raises Refused for one that nothing plays, or that leaves none.

    One below the source's own leaves frames out, which damage.warnings says; so it is with a source above HIGHEST_RATE.
    """
    if recipe.filters.rate == "auto":
        return facts.rate / ceil(facts.rate / HIGHEST_RATE)
    chosen = Fraction(recipe.filters.rate)
    if not 1 <= chosen <= HIGHEST_RATE:
        raise Refused(
            f"A rate of {float(chosen):g} frames a second is not possible; take one from 1 to {HIGHEST_RATE}."
        )
    lowest = 1 / (2 * facts.duration)  # a slot is filled from its middle on
    if chosen < lowest:
        raise Refused(
            f"At a rate of {float(chosen):g}, no frame is left of a clip of {float(facts.duration):.2g} seconds; "
            f"take {ceil(lowest)} or more."
        )
    return chosen


def frames(facts: Facts, recipe: Recipe) -> int:
    """Frames at that rate."""
    chosen = rate(facts, recipe)
    return facts.frames if chosen == facts.rate else max(1, round(facts.duration * chosen))


def repeats(facts: Facts, recipe: Recipe) -> Repeats:
    """Frames at that rate that show the same as the one before them.

    ffmpeg's fps filter gives each frame the nearest slot, and a slot shows the last frame that came up to it.
    """
    chosen = rate(facts, recipe)
    if chosen == facts.rate:
        return facts.repeats
    step = chosen / facts.rate
    same = facts.repeats.numbers()
    new = (number for number in range(facts.frames) if number not in same)
    slots = {(2 * number * step.numerator + step.denominator) // (2 * step.denominator) for number in new}
    return Repeats.of(number for number in range(1, frames(facts, recipe)) if number not in slots)


def steps(facts: Facts, recipe: Recipe) -> tuple[Step, ...]:
    """Each frame goes to the slot nearest to its time that is free, and stays until the next: see rate.slots.

    ffmpeg's fps filter alone would drop one of two frames that fall into one slot. So the timestamps
    are replaced by slot numbers, and fps fills up what is missing at one slot a tick.
    """
    chosen = rate(facts, recipe)
    made = () if facts.timing == "constant" else _numbered(facts, facts.rate)
    if facts.held:
        made += (Step("tpad", (("stop", facts.held), ("stop_mode", "clone")), numbers=True),)
    return made if chosen == facts.rate else (*made, *_resampled(facts, chosen, frames(facts, recipe)))


def _numbered(facts: Facts, rate: Fraction) -> tuple[Step, ...]:
    """A frame without a time comes next."""
    numerator, denominator = slot_fraction(facts.time_base, rate)
    nearest = _by_piece(facts.numbering, 2 * numerator, 2 * denominator)
    place = f"if(isnan(PTS),PREV_OUTPTS+1,max(PREV_OUTPTS+1,{nearest}))"
    return (
        Step("setpts", (("expr", f"if(eq(N,0),0,{place})"),), numbers=True),
        Step("fps", (("fps", str(1 / facts.time_base)), ("round", "near")), numbers=True),
        Step("trim", (("end_frame", facts.frames - facts.held),), numbers=True),
    )


def _by_piece(pieces: Sequence[Piece], numerator: int, denominator: int) -> str:
    """An expression: the slot of a frame's time, by the piece that it is in.

    Cut in halves, since ffmpeg nests a hundred deep at most.
    """
    if len(pieces) == 1:
        (piece,) = pieces
        if piece.offset == NEVER:
            return "(PREV_OUTPTS+1)"
        return f"floor(((PTS-{piece.stamp})*{numerator}+{piece.offset})/{denominator})".replace("--", "+")
    middle = len(pieces) // 2
    before, behind = (_by_piece(half, numerator, denominator) for half in (pieces[:middle], pieces[middle:]))
    return f"if(lt(N,{pieces[middle].frame}),{before},{behind})"


def _resampled(facts: Facts, rate: Fraction, count: int) -> tuple[Step, ...]:
    """From the base rate to another one that a person chose."""
    return (
        Step("settb", (("expr", str(1 / facts.rate)),), numbers=True),
        Step("setpts", (("expr", "N"),), numbers=True),
        Step("fps", (("fps", str(rate)), ("round", "near")), numbers=True),
        Step("trim", (("end_frame", count),), numbers=True),
    )
