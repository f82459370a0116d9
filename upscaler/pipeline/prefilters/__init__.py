"""The filters before the network, one per file, in the order in which they run.

To add one: a file with a ``steps`` function, its setting in recipe.CHOICES, and its place in ORDER.
"""

from __future__ import annotations

from collections.abc import Callable

from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.filter_step import Step
from upscaler.pipeline.core.recipe import Recipe

from . import aspect, colour, constant_rate, crop, deblock, deinterlace, denoise, trim, uniform_format

ORDER: tuple[Callable[[Facts, Recipe], tuple[Step, ...]], ...] = (
    uniform_format.steps,
    deinterlace.marks,
    constant_rate.steps,  # frame numbers mean the same to everything after it
    trim.steps,  # before other filters, so that they skip removed frames
    deinterlace.steps,  # whole frames, before anything mixes lines
    deblock.steps,  # blocks are aligned to the coded picture
    crop.steps,
    denoise.steps,
    aspect.steps,
    colour.steps,
)


def chain(facts: Facts, recipe: Recipe) -> tuple[Step, ...]:
    """Return all steps for a source and a recipe."""
    return tuple(step for steps in ORDER for step in steps(facts, recipe))
