"""Animated GIF and WebP: fewer colours or lower quality, then fewer and smaller frames, until they fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from upscaler.pipeline.planning.plan import Size
from upscaler.pipeline.programs import ffmpeg
from upscaler.pipeline.render.encode import Options

from .clip_recipe import GIF, MAX_WIDTH, WEBP
from .drawing import Drawing
from .feed import LOWER_TRIES, feed, feed_up_to, too_large

LEVELS = {GIF: (256, 256, 128, 64), WEBP: (82, 70, 55, 40)}
"""Colours of a GIF, quality of a WebP, one for each try; the last one is used for the rest. A GIF gets smaller
first: with half of the colours, small lights and signs of a game turn grey."""
NEXT_LEVEL = 0.85
"""Approximate share of the size that the next level leaves."""
AIMED_SHARE = 0.93
"""Share of the limit that the next try aims at."""
FAR_OFF = 0.6
"""Share of the size below which the frame rate is lowered too."""
SLOWEST = 7
"""Least frames per second."""
NARROWEST = 120
FOR_EVER = 0
SAYS = "The animation"


@dataclass(frozen=True)
class _Try:
    drawing: Drawing
    level: int = 0


def write_animation(drawing: Drawing, target: Path, scratch: Path) -> Size:
    """Write the animation, of at most the recipe's bytes; returns its size in pixels.

    Raises Refused when nothing gets small enough, PipelineError when ffmpeg fails.
    """
    recipe = drawing.recipe
    attempt = _Try(replace(drawing, width=MAX_WIDTH[recipe.format]))
    write: Callable[[_Try, Path, Path], int] = _write_gif if recipe.format == GIF else _write_webp
    for _ in range(1 + LOWER_TRIES):
        whole = attempt.drawing.whole
        size = write(attempt, target, scratch)
        if size <= recipe.most_bytes:
            return whole
        if whole.width <= NARROWEST:
            break
        attempt = _lower(attempt, size)
    raise too_large(recipe.most_bytes, whole)


def _lower(last: _Try, size: int) -> _Try:
    """Return the next try, by how much the last one was too large."""
    recipe, part = last.drawing.recipe, last.drawing.part
    share = AIMED_SHARE * recipe.most_bytes / size
    levels = LEVELS[recipe.format]
    level = min(last.level + 1, len(levels) - 1)
    if levels[level] < levels[last.level]:
        share /= NEXT_LEVEL
    step = part.step
    if share < FAR_OFF and part.plan.rate / (step + 1) >= SLOWEST:
        share *= (step + 1) / step
        step += 1
    width = max(NARROWEST, int(last.drawing.whole.width * min(1.0, share) ** 0.5))
    return _Try(replace(last.drawing, part=replace(part, step=step), width=width), level)


def _write_gif(attempt: _Try, target: Path, scratch: Path) -> int:
    """Write a GIF with one palette for all of its frames, weighted by motion."""
    drawing, colours = attempt.drawing, LEVELS[GIF][attempt.level]
    palette = scratch / "palette.png"
    palette_node = drawing.node().filter("palettegen", max_colors=colours, stats_mode="diff")
    feed(ffmpeg.write(palette_node, to=palette, update=1), drawing.frames(), drawing.limits, label=SAYS)
    drawn = ffmpeg.apply_palette(drawing.node(), ffmpeg.trusted_file(palette))
    output = ffmpeg.write(drawn, to=target, format="gif", loop=FOR_EVER, map_metadata=-1, fflags="+bitexact")
    max_bytes = drawing.recipe.most_bytes
    return feed_up_to(max_bytes, output, drawing.frames(), drawing.part.count, target, drawing.limits, label=SAYS)


def _write_webp(attempt: _Try, target: Path, _scratch: Path) -> int:
    drawing = attempt.drawing
    pictures = drawing.node().filter("format", "yuv420p")
    coding: Options = {"c:v": "libwebp_anim", "quality": LEVELS[WEBP][attempt.level], "compression_level": 4}
    output = ffmpeg.write(pictures, to=target, format="webp", loop=FOR_EVER, fflags="+bitexact", **coding)
    max_bytes = drawing.recipe.most_bytes
    return feed_up_to(max_bytes, output, drawing.frames(), drawing.part.count, target, drawing.limits, label=SAYS)
