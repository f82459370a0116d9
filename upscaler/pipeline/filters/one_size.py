"""One size from the first frame to the last: some damaged and joined files change it half-way."""

from __future__ import annotations

from ..facts import Facts
from ..recipe import Recipe
from .step import Step, same_range


def steps(facts: Facts, recipe: Recipe) -> tuple[Step, ...]:
    """Passes frames of the right size on untouched. Counts as numbering: it comes before it."""
    return (Step("scale", (("w", facts.width), ("h", facts.height), *same_range(facts.full_range)), numbers=True),)
