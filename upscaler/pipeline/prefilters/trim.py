"""Keep a range of frames."""

from __future__ import annotations

from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.filter_step import Step
from upscaler.pipeline.core.recipe import Recipe


def steps(facts: Facts, recipe: Recipe) -> tuple[Step, ...]:
    if recipe.trim is None:
        return ()
    start, end = recipe.trim
    return (Step("trim", (("start_frame", start), ("end_frame", end)), numbers=True),)
