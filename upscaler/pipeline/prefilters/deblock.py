"""Soften the edges of 8 by 8 blocks, which a network would sharpen with everything else."""

from __future__ import annotations

from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.filter_step import Step
from upscaler.pipeline.core.recipe import Recipe

STRENGTHS: dict[str, tuple[tuple[str, str | int], ...]] = {
    "light": (("filter", "weak"), ("block", 8)),
    "strong": (("filter", "strong"), ("block", 8)),
}


def steps(facts: Facts, recipe: Recipe) -> tuple[Step, ...]:
    """Deblock on the coded grid, before any crop or scaling."""
    strength = recipe.filters.deblock
    return () if strength == "off" else (Step("deblock", STRENGTHS[strength]),)
