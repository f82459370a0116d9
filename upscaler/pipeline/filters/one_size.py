"""One size from the first frame to the last: some damaged and joined files change it half-way. RGB in planes."""

from __future__ import annotations

from .. import chroma
from ..facts import Facts
from ..recipe import Recipe
from .step import Step, same_range


def steps(facts: Facts, recipe: Recipe) -> tuple[Step, ...]:
    """Passes frames of the right size on untouched. Counts as numbering: it comes before it.

    Of RGB, every filter takes planes. ffmpeg would scale a palette's pixels into another palette, and go by YUV to
    filters that take no packed RGB.
    """
    size = Step("scale", (("w", facts.width), ("h", facts.height), *same_range(facts.full_range)), numbers=True)
    planes = chroma.planes_of_rgb(facts.pix_fmt)
    return (size, *(Step("format", (("pix_fmts", one),), numbers=True) for one in planes))
