"""Keep a range of frames."""

from __future__ import annotations

from ..facts import Facts
from ..recipe import Recipe
from .step import Step


def steps(facts: Facts, recipe: Recipe) -> tuple[Step, ...]:
    if recipe.trim is None:
        return ()
    start, end = recipe.trim
    return (Step("trim", (("start_frame", start), ("end_frame", end)), numbers=True),)
