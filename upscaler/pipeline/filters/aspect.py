"""Square pixels: a network knows no other kind, and players agree on no other kind."""

from __future__ import annotations

from ..facts import Facts
from ..recipe import Recipe
from .step import Step


def steps(facts: Facts, recipe: Recipe) -> tuple[Step, ...]:
    """Always a step: a stream that changes its size half-way is brought back to one size."""
    size = (("w", facts.display_width), ("h", facts.height), ("flags", "lanczos+accurate_rnd+full_chroma_int"))
    return (Step("scale", size), Step("setsar", (("sar", "1"),)))
