"""From a comparison to a clip that can be posted."""

from __future__ import annotations

from pathlib import Path

from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.planning.plan import Plan, Size

from .animation import write_animation
from .clip_recipe import PostRecipe, step_of
from .drawing import Drawing
from .frame_pairs import Heed, Part
from .video import write_video


def make_post(
    clip: Path, plan: Plan, recipe: PostRecipe, target: Path, scratch: Path, limits: Limits, heed: Heed, *, at: int
) -> Size:
    """Write what the recipe wants of a comparison clip whose frame ``at`` is the recipe's first; gives its size.

    Raises Refused when it can't be made as small as that, PipelineError when a program fails, and what ``heed``
    raises, which is called with each frame.
    """
    part = Part(clip, plan, at, recipe.frames, step_of(recipe, plan))
    drawing = Drawing(part, recipe, limits, heed)
    write = write_video if recipe.is_video else write_animation
    return write(drawing, target, scratch)
