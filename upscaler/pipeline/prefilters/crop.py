"""Crop black borders, so that the network spends no time on them."""

from __future__ import annotations

from upscaler.pipeline.core import chroma
from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.facts import Border, Facts
from upscaler.pipeline.core.filter_step import Step, same_range
from upscaler.pipeline.core.recipe import Recipe

MIN_SIDE = 16


def border(facts: Facts, recipe: Recipe) -> Border:
    """Return the pixels to crop. Raises Refused when too little would remain."""
    chosen = recipe.filters.crop
    if chosen == "auto":
        return facts.border
    if chosen == "off":
        return Border()
    cropped = Border(*(int(figure) for figure in chosen.split(":")))
    width, height = facts.width - cropped.left - cropped.right, facts.height - cropped.top - cropped.bottom
    if min(width, height) < MIN_SIDE:
        raise Refused(
            f"The crop {chosen} leaves too little of {facts.width}x{facts.height}: "
            f"at least {MIN_SIDE} pixels per side must remain."
        )
    return cropped


def size(facts: Facts, recipe: Recipe) -> tuple[int, int]:
    """Return width and height after the crop, in the source's pixels."""
    off = border(facts, recipe)
    return facts.width - off.left - off.right, facts.height - off.top - off.bottom


def steps(facts: Facts, recipe: Recipe) -> tuple[Step, ...]:
    off = border(facts, recipe)
    if not off:
        return ()
    width, height = size(facts, recipe)
    cut = Step("crop", (("w", width), ("h", height), ("x", off.left), ("y", off.top), ("exact", 1)))
    across, down = chroma.subsampling(facts.pix_fmt)
    if off.left % across == 0 and off.top % down == 0:
        return (cut,)
    # a crop between chroma samples would shift chroma against luma
    wide = Step("scale", (("flags", "bicubic+accurate_rnd+full_chroma_int"), *same_range(facts.full_range)))
    return (wide, Step("format", (("pix_fmts", chroma.without_subsampling(facts.pix_fmt)),)), cut)
