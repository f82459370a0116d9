"""Convert a variable frame rate to the source's base rate."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil

from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.filter_step import Step
from upscaler.pipeline.core.frame_numbering import NO_TIME, Piece, slot_fraction
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.core.repeats import Repeats

MAX_RATE = 240


def rate(facts: Facts, recipe: Recipe) -> Fraction:
    """Return the frames per second of the numbering. Raises Refused for a rate that can't be played, or has no frame.

    A rate below the source's leaves frames out, as does a source above MAX_RATE; the damage report warns about it.
    """
    if recipe.filters.rate == "auto":
        return facts.rate / ceil(facts.rate / MAX_RATE)
    chosen = Fraction(recipe.filters.rate)
    if not 1 <= chosen <= MAX_RATE:
        raise Refused(f"A rate of {float(chosen):g} frames per second isn't possible. Choose one from 1 to {MAX_RATE}.")
    lowest = 1 / (2 * facts.duration)  # a frame is shown if it covers the middle of a slot
    if chosen < lowest:
        raise Refused(
            f"A frame rate of {float(chosen):g} leaves no frame of a video of {float(facts.duration):.2g} seconds. "
            f"Choose {ceil(lowest)} or more."
        )
    return chosen


def frames(facts: Facts, recipe: Recipe) -> int:
    """Return the number of frames at that rate."""
    chosen = rate(facts, recipe)
    return facts.frames if chosen == facts.rate else max(1, round(facts.duration * chosen))


def repeats(facts: Facts, recipe: Recipe) -> Repeats:
    """Return the frames at that rate that repeat the one before them.

    ffmpeg's fps filter gives each frame the nearest slot, and a slot shows its last frame.
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
    """Show each frame in the free slot nearest to its time, until the next frame: see frame_slots.

    ffmpeg's fps filter alone would drop one of two frames in one slot. So slot numbers replace the
    timestamps, and fps fills empty slots, with one slot per tick.
    """
    chosen = rate(facts, recipe)
    made = () if facts.timing == "constant" else _numbering_steps(facts, facts.rate)
    if facts.held:
        made += (Step("tpad", (("stop", facts.held), ("stop_mode", "clone")), numbers=True),)
    return made if chosen == facts.rate else (*made, *_resampling_steps(facts, chosen, frames(facts, recipe)))


def _numbering_steps(facts: Facts, rate: Fraction) -> tuple[Step, ...]:
    """Number frames by their times; one without a time gets the next slot."""
    numerator, denominator = slot_fraction(facts.time_base, rate)
    nearest = _slot_expression(facts.numbering, 2 * numerator, 2 * denominator)
    place = f"if(isnan(PTS),PREV_OUTPTS+1,max(PREV_OUTPTS+1,{nearest}))"
    return (
        Step("setpts", (("expr", f"if(eq(N,0),0,{place})"),), numbers=True),
        Step("fps", (("fps", str(1 / facts.time_base)), ("round", "near")), numbers=True),
        Step("trim", (("end_frame", facts.frames - facts.held),), numbers=True),
    )


def _slot_expression(pieces: Sequence[Piece], numerator: int, denominator: int) -> str:
    """Return ffmpeg's expression for the slot of a frame's time.

    Nested as a binary tree, since ffmpeg allows 100 levels.
    """
    if len(pieces) == 1:
        (piece,) = pieces
        if piece.offset == NO_TIME:
            return "(PREV_OUTPTS+1)"
        return f"floor(((PTS-{piece.stamp})*{numerator}+{piece.offset})/{denominator})".replace("--", "+")
    middle = len(pieces) // 2
    before, behind = (_slot_expression(half, numerator, denominator) for half in (pieces[:middle], pieces[middle:]))
    return f"if(lt(N,{pieces[middle].frame}),{before},{behind})"


def _resampling_steps(facts: Facts, rate: Fraction, count: int) -> tuple[Step, ...]:
    """Convert the base rate to a chosen rate."""
    return (
        Step("settb", (("expr", str(1 / facts.rate)),), numbers=True),
        Step("setpts", (("expr", "N"),), numbers=True),
        Step("fps", (("fps", str(rate)), ("round", "near")), numbers=True),
        Step("trim", (("end_frame", count),), numbers=True),
    )
