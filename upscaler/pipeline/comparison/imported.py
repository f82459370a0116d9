"""Results made elsewhere: their alignment with the original, and their browser copy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from upscaler.pipeline.core.errors import PipelineError, Refused
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.recipe import Filters, Recipe
from upscaler.pipeline.output.output_timing import shown
from upscaler.pipeline.planning.plan import Plan, Size, make_plan
from upscaler.pipeline.prefilters import aspect, chain, crop

from . import align, proxy

RATES_DIFFER = Fraction(2, 1000)
"""Relative difference of rates that counts as equal: 30 and 30000/1001 frames per second number the same frames."""
AS_IT_IS = Filters(crop="off", deinterlace="off")
"""Filters of the imported file: its frames are used unchanged."""

PLAYED_SOUND = ("aac", "mp3")

OnFrame = Callable[[int], None]


@dataclass(frozen=True)
class Fit:
    """The recipe and plan that show the original with the same frames as the file."""

    recipe: Recipe
    plan: Plan


def fit(source: Path, facts: Facts, file: Path, made: Facts, limits: Limits, on_frame: OnFrame | None = None) -> Fit:
    """Find the frames of the original that the file shows. Raises Refused, with the reason, when there are none."""
    each = _frames_for_each(facts, made)
    frames = facts.frames * each
    if made.frames > frames:
        raise Refused(
            f"It has {made.frames:,} frames and the original has {frames:,}: frames were added, "
            "and HaloWeb can't tell which. Export it with the original's own frames."
        )
    pictures = align.pictures(file, made.opening, chain(made, Recipe(filters=AS_IT_IS)), limits, on_frame)
    if len(pictures) != made.frames:
        raise PipelineError(
            f"The decoder returned {len(pictures)} of the {made.frames} frames counted in it.", permanent=True
        )
    matches = [
        (
            align.place(
                align.pictures(source, facts.opening, chain(facts, recipe), limits, on_frame)[:frames], pictures, each
            ),
            recipe,
        )
        for recipe in _recipes(facts, made, each)
    ]
    place, recipe = max(matches, key=lambda pair: pair[0].likeness)
    if not place.is_found:
        raise Refused(
            "Its frames don't match the original: it was made from another video, or parts of it were cut out."
        )
    if not place.is_clear:
        raise Refused(
            f"It has {made.frames:,} of the original's {frames:,} frames, and too little moves in it "
            "to tell which. Export it with all frames of the original."
        )
    if made.frames % each:
        raise Refused("It has an odd number of frames at twice the original's rate. Export both fields of every frame.")
    if made.frames < frames:
        start = place.offset // each
        recipe = replace(recipe, trim=(start, start + made.frames // each))
    plan = make_plan(facts, recipe, 1, limits)
    return Fit(recipe, replace(plan, output=size(made)))


def size(made: Facts) -> Size:
    """Return the file's display size: square pixels, even sides."""
    return Size(made.display_width + made.display_width % 2, made.height + made.height % 2)


def plays(made: Facts, plan: Plan) -> bool:
    """Tell whether browsers play the file as it is, in sync with the original."""
    return (
        made.codec == "h264"
        and "mp4" in made.container
        and made.pix_fmt == "yuv420p"
        and made.matrix == "bt709"
        and not made.full_range
        and all(stream.codec in PLAYED_SOUND for stream in made.audio)
        and not made.rotation
        and made.timing == "constant"
        and made.rate == plan.rate
        and made.sar == 1
        and Size(made.width, made.height) == plan.output
        and not made.is_interlaced
        and not made.is_damaged
    )


def make_copy(file: Path, made: Facts, plan: Plan, target: Path, limits: Limits) -> None:
    """Write the browser copy at the file's own size, frame for frame.

    Raises PipelineError unless it has as many frames as the plan.
    """
    # at another rate within RATES_DIFFER, it would drift from the original within an hour
    at_plan_rate = replace(made, rate=plan.rate) if made.timing == "constant" else made
    proxy.make_proxy(file, at_plan_rate, target, limits)
    frames = shown(target, limits).frames
    if frames != plan.frame_count:
        raise PipelineError(f"The browser copy has {frames} frames instead of {plan.frame_count}.", permanent=True)


def ending(made: Facts) -> str:
    """Return the suffix of the file's name in media storage, by its container and codec."""
    for name, suffix in (("matroska", "mkv"), ("avi", "avi"), ("mp4", "mp4"), ("mov", "mov")):
        if name in made.container:
            return "mov" if suffix == "mp4" and made.codec in ("prores", "dnxhd") else suffix
    return "mkv"


def _frames_for_each(facts: Facts, made: Facts) -> int:
    """Return the file's frames per original frame: 2 at field rate. Raises Refused for any other rate."""
    for each in (1, 2) if facts.is_interlaced else (1,):
        if abs(made.rate / (facts.rate * each) - 1) <= RATES_DIFFER:
            return each
    fields = f", or {float(facts.rate * 2):.5g} for its fields" if facts.is_interlaced else ""
    raise Refused(
        f"It has {float(made.rate):.5g} frames per second and the original has {float(facts.rate):.5g}. "
        f"Export it at the original's own rate{fields}."
    )


def _recipes(facts: Facts, made: Facts, each: int) -> Iterator[Recipe]:
    """Yield the recipes by which the file may have been made: with the black borders or without."""
    filters = Filters(
        deinterlace="field" if each == 2 else "auto", aspect=_aspect(facts, made), duplicates="off", keep_colours="off"
    )
    yield Recipe(filters=replace(filters, crop="off"))
    if crop.border(facts, Recipe(filters=filters)):
        yield Recipe(filters=filters)


def _aspect(facts: Facts, made: Facts) -> str:
    """Return "off" if the file was made as if the original's pixels were square, else "auto"."""
    shape = Fraction(size(made).width, size(made).height)

    def differs(choice: str) -> Fraction:
        width, height = aspect.size(facts, Recipe(filters=Filters(crop="off", aspect=choice)))
        return abs(Fraction(width, height) - shape)

    return min(("auto", "off"), key=differs)
