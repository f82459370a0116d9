"""Convert YUV to RGB for networks, with an explicit matrix and range."""

from __future__ import annotations

from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.filter_step import Step
from upscaler.pipeline.core.recipe import Recipe

MATRICES = {"bt601": "smpte170m", "bt709": "bt709"}
"""Names of matrices in recipes and in ffmpeg."""


def matrix(facts: Facts, recipe: Recipe) -> str:
    """Return the source's colour matrix, as ffmpeg's scale filter names it."""
    chosen = recipe.filters.matrix
    return facts.matrix if chosen == "auto" else MATRICES[chosen]


def is_full_range(facts: Facts, recipe: Recipe) -> bool:
    """Return whether the source has full range: black is 0, not 16."""
    chosen = recipe.filters.range
    return facts.full_range if chosen == "auto" else chosen == "full"


def steps(facts: Facts, recipe: Recipe) -> tuple[Step, ...]:
    options = (
        ("in_color_matrix", matrix(facts, recipe)),
        ("in_range", "full" if is_full_range(facts, recipe) else "limited"),
        ("flags", "bicubic+accurate_rnd+full_chroma_int"),
    )
    return (Step("scale", options), Step("format", (("pix_fmts", "rgb24"),)))
