"""Comparison clips for the tests of clips to post: red before and blue after, or noise that is hard to code."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from tests.clips import ffmpeg
from tests.pipeline.conftest import LIMITS
from tests.pipeline.facts_of import facts_of
from tests.pipeline.rendering import frames_of
from upscaler.pipeline.comparison.comparison_clip import layout
from upscaler.pipeline.core.frame import Frame
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.planning.plan import Plan, Size, make_plan
from upscaler.pipeline.posting.clip_recipe import PostRecipe
from upscaler.pipeline.posting.make import make_post

RATE = 30


def plan_of(frames: int, *, width: int = 80, height: int = 60, rate: int = RATE) -> Plan:
    """Of a clip that is enlarged four times."""
    values: dict[str, Any] = {"width": width, "height": height, "rate": Fraction(rate), "frames": frames}
    return make_plan(facts_of(**values, decoded_frames=frames, cuts=()), Recipe(), 4, LIMITS)


def comparison(target: Path, plan: Plan, *, noise: int = 0, with_sound: bool = False) -> Path:
    """Red before and blue after; with noise of so many levels, and with a tone that begins at one second."""
    lies, seconds = layout(plan), float(plan.duration)
    above = f"color=blue:s={lies.width}x{lies.before.y}:r={plan.rate}:d={seconds}"
    below = f"color=red:s={lies.width}x{lies.height - lies.before.y}:r={plan.rate}:d={seconds}"
    more = f",noise=alls={noise}:allf=t" if noise else ""
    tone = f"sine=f=440:d={seconds}:sample_rate=44100,volume='gte(t,1)':eval=frame"
    ffmpeg(
        "-f", "lavfi", "-i", above, "-f", "lavfi", "-i", below,
        *(("-f", "lavfi", "-i", tone) if with_sound else ()),
        "-filter_complex", f"[0][1]vstack,scale=out_color_matrix=bt709,format=yuv420p{more}[v]", "-map", "[v]",
        *(("-map", "2:a", "-c:a", "aac") if with_sound else ()),
        "-c:v", "libx264", "-preset", "ultrafast", "-crf", "4" if noise else "18", "-colorspace", "bt709", target,
    )  # fmt: skip
    return target


def recipe_of(format: str = "mp4", form: str = "wipe", **values: Any) -> PostRecipe:
    usual = {"first": 0, "frames": 60, "most_bytes": 8_000_000, "with_sound": False, "with_labels": False}
    return PostRecipe(form=form, format=format, **usual | values)


def made(clip: Path, plan: Plan, recipe: PostRecipe, folder: Path) -> tuple[Path, Size]:
    """The clip to post, and its size in pixels."""
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    target = folder / f"post.{recipe.format}"
    return target, make_post(clip, plan, recipe, target, scratch, LIMITS, lambda _: None, at=recipe.first)


def is_before(picture: Frame) -> bool:
    """Is this piece red?"""
    red, _, blue = np.mean(picture, axis=(0, 1))
    return bool(red > blue)


def pictures(clip: Path, size: Size) -> list[Frame]:
    return frames_of(clip, size)
