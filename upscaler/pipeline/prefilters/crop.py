"""Take black borders off, so that the network does not spend time on them."""

from __future__ import annotations

from upscaler.pipeline.core import chroma
from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.facts import Border, Facts
from upscaler.pipeline.core.filter_step import Step, same_range
from upscaler.pipeline.core.recipe import Recipe

SMALLEST_SIDE = 16


def border(facts: Facts, recipe: Recipe) -> Border:
    """Pixels to take off. Raises Refused when nothing would be left."""
    chosen = recipe.filters.crop
    if chosen == "auto":
        return facts.border
    if chosen == "off":
        return Border()
    found = Border(*(int(figure) for figure in chosen.split(":")))
    width, height = facts.width - found.left - found.right, facts.height - found.top - found.bottom
    if min(width, height) < SMALLEST_SIDE:
        raise Refused(
            f"A crop of {chosen} leaves too little of {facts.width} by {facts.height}: at least {SMALLEST_SIDE} a side."
        )
    return found


def size(facts: Facts, recipe: Recipe) -> tuple[int, int]:
    """Width and height of what is left, in the source's own pixels."""
    off = border(facts, recipe)
    return facts.width - off.left - off.right, facts.height - off.top - off.bottom


def steps(facts: Facts, recipe: Recipe) -> tuple[Step, ...]:
    off = border(facts, recipe)
    if not off:
        return ()
    width, height = size(facts, recipe)
    cut = Step("crop", (("w", width), ("h", height), ("x", off.left), ("y", off.top), ("exact", 1)))
    across, down = chroma.grid(facts.pix_fmt)
    if off.left % across == 0 and off.top % down == 0:
        return (cut,)
    # between samples of colour, it would be cut elsewhere than the brightness, and shift
    wide = Step("scale", (("flags", "bicubic+accurate_rnd+full_chroma_int"), *same_range(facts.full_range)))
    return (wide, Step("format", (("pix_fmts", chroma.full(facts.pix_fmt)),)), cut)
