"""Bring a variable rate to the source's own base rate; a constant one is left alone."""

from __future__ import annotations

from ..facts import Facts
from ..recipe import Recipe
from .step import Step


def steps(facts: Facts, recipe: Recipe) -> tuple[Step, ...]:
    if facts.timing == "constant":
        return ()
    return (Step("fps", (("fps", str(facts.rate)), ("round", "near"))),)
