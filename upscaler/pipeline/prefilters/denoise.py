"""Denoise by averaging each pixel over the frames in which it hardly changes.

atadenoise looks at a fixed number of frames to both sides. A recursive filter, such as hqdn3d, depends
on all earlier frames, so that a segment rendered alone would differ.
"""

from __future__ import annotations

from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.filter_step import Step
from upscaler.pipeline.core.recipe import Recipe

from . import constant_rate

WINDOW_FRAMES = 5
THRESHOLDS = {"light": ("0.02", "0.04"), "medium": ("0.03", "0.08"), "strong": ("0.06", "0.16")}
"""Thresholds for a pixel's change between two frames, and for the sum of its changes, of 1."""


def steps(facts: Facts, recipe: Recipe) -> tuple[Step, ...]:
    strength = recipe.filters.denoise
    if strength == "off" or _frames(facts, recipe) == 1:  # atadenoise never ends with one frame
        return ()
    per_pixel, per_sum = THRESHOLDS[strength]
    planes = [(f"{plane}{kind}", value) for plane in (0, 1, 2) for kind, value in (("a", per_pixel), ("b", per_sum))]
    return (Step("atadenoise", (*planes, ("s", WINDOW_FRAMES)), context=WINDOW_FRAMES // 2),)


def _frames(facts: Facts, recipe: Recipe) -> int:
    """Frames that come this far."""
    if recipe.trim is not None:
        return recipe.trim[1] - recipe.trim[0]
    return constant_rate.frames(facts, recipe)
