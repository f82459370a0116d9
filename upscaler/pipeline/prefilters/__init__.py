"""The filters before the network, one a file, in the one order in which they run.

To add one: a file with a ``steps`` function, its setting in recipe.CHOICES, and its place in ORDER.
"""

from __future__ import annotations

from collections.abc import Callable

from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.filter_step import Step
from upscaler.pipeline.core.recipe import Recipe

from . import aspect, colour, constant_rate, crop, deblock, deinterlace, denoise, one_size, trim

ORDER: tuple[Callable[[Facts, Recipe], tuple[Step, ...]], ...] = (
    one_size.steps,
    deinterlace.marks,
    constant_rate.steps,  # frame numbers mean the same to everything after it
    trim.steps,  # before the work, so that nothing is done for frames that go
    deinterlace.steps,  # whole frames, before anything mixes lines
    deblock.steps,  # blocks lie on the coded grid
    crop.steps,
    denoise.steps,
    aspect.steps,
    colour.steps,
)


def chain(facts: Facts, recipe: Recipe) -> tuple[Step, ...]:
    """All steps for this source and recipe."""
    return tuple(step for steps in ORDER for step in steps(facts, recipe))
