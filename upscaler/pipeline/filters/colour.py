"""YUV to the RGB that networks take, with the matrix and the range said, not guessed by ffmpeg."""

from __future__ import annotations

from ..facts import Facts
from ..recipe import Recipe
from .step import Step


def steps(facts: Facts, recipe: Recipe) -> tuple[Step, ...]:
    options = (
        ("in_color_matrix", facts.matrix),
        ("in_range", "full" if facts.full_range else "limited"),
        ("flags", "bicubic+accurate_rnd+full_chroma_int"),
    )
    return (Step("scale", options), Step("format", (("pix_fmts", "rgb24"),)))
