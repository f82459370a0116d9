"""Make a clip to post from a comparison clip."""

from __future__ import annotations

from pathlib import Path

from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.planning.plan import Plan, Size

from .animation import write_animation
from .clip_recipe import PostRecipe, step_of
from .drawing import Drawing
from .frame_pairs import CancelCheck, Part
from .video import write_video


def make_post(
    clip: Path,
    plan: Plan,
    recipe: PostRecipe,
    target: Path,
    scratch: Path,
    limits: Limits,
    raise_if_cancelled: CancelCheck,
    *,
    at: int,
) -> Size:
    """Write the recipe's clip, from a comparison clip whose frame ``at`` is the recipe's first; returns its size.

    Raises Refused when it can't be made that small, PipelineError when a program fails, and what ``raise_if_cancelled``
    raises. That is called with the number of each frame.
    """
    part = Part(clip, plan, at, recipe.frames, step_of(recipe, plan))
    drawing = Drawing(part, recipe, limits, raise_if_cancelled)
    write = write_video if recipe.is_video else write_animation
    return write(drawing, target, scratch)
