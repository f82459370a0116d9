"""Scale to square pixels, the only shape that networks and all players support."""

from __future__ import annotations

from fractions import Fraction

from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.filter_step import Step, same_range
from upscaler.pipeline.core.recipe import Recipe

from . import colour, crop


def sar(facts: Facts, recipe: Recipe) -> Fraction:
    """Return the source's sample aspect ratio."""
    chosen = recipe.filters.aspect
    if chosen == "auto":
        return facts.sar
    if chosen == "off":
        return Fraction(1)
    width, height = chosen.split(":")
    return Fraction(int(width) * facts.height, int(height) * facts.width)


def size(facts: Facts, recipe: Recipe) -> tuple[int, int]:
    """Return width and height in square pixels, after the crop."""
    width, height = crop.size(facts, recipe)
    return max(1, round(width * sar(facts, recipe))), height


def steps(facts: Facts, recipe: Recipe) -> tuple[Step, ...]:
    width, height = size(facts, recipe)
    if (width, height) == crop.size(facts, recipe):
        return (Step("setsar", (("sar", "1"),)),)
    span = same_range(colour.is_full_range(facts, recipe))
    size_of = (("w", width), ("h", height), ("flags", "lanczos+accurate_rnd+full_chroma_int"))
    options: tuple[tuple[str, str | int], ...] = (*size_of, *span)
    return (Step("scale", options), Step("setsar", (("sar", "1"),)))
