"""Animated pictures, GIF and WebP: fewer colours or less quality, then fewer and smaller frames, until they fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from upscaler.pipeline.planning.plan import Size
from upscaler.pipeline.programs import ffmpeg
from upscaler.pipeline.render.encode import Options

from .clip_recipe import GIF, MOST_WIDTH, WEBP
from .drawing import Drawing
from .feed import LOWER_TRIES, feed, feed_up_to, too_large

LEVELS = {GIF: (256, 256, 128, 64), WEBP: (82, 70, 55, 40)}
"""Colours of a GIF, quality of a WebP, one for each try; the last one holds for those that follow. A GIF is made
smaller first: with half of the colours, small lights and signs of a game turn grey."""
NEXT_LEVEL = 0.85
"""Of the size, about, is what the next level leaves."""
SPARED = 0.93
"""Of the limit: what is aimed at when a try was too large."""
FAR_OFF = 0.6
"""Of the size: where less than that may be left, there are fewer frames a second as well."""
SLOWEST = 7
"""Frames a second, below which an animation is a slide show."""
NARROWEST = 120
FOR_EVER = 0
SAYS = "The animated picture"


@dataclass(frozen=True)
class _Try:
    drawing: Drawing
    level: int = 0


def write_animation(drawing: Drawing, target: Path, scratch: Path) -> Size:
    """Write the picture, of at most the recipe's bytes; gives its size in pixels.

    Raises Refused when nothing gets small enough, PipelineError when ffmpeg fails.
    """
    recipe = drawing.recipe
    chosen = _Try(replace(drawing, width=MOST_WIDTH[recipe.format]))
    write: Callable[[_Try, Path, Path], int] = _write_gif if recipe.format == GIF else _write_webp
    for _ in range(1 + LOWER_TRIES):
        whole = chosen.drawing.whole
        size = write(chosen, target, scratch)
        if size <= recipe.most_bytes:
            return whole
        if whole.width <= NARROWEST:
            break
        chosen = _lower(chosen, size)
    raise too_large(recipe.most_bytes, whole)


def _lower(last: _Try, size: int) -> _Try:
    """What should fit, by how much the last one was too large."""
    recipe, part = last.drawing.recipe, last.drawing.part
    share = SPARED * recipe.most_bytes / size
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


def _write_gif(wanted: _Try, target: Path, scratch: Path) -> int:
    """With one palette for all of its frames, in which what moves counts most."""
    drawing, colours = wanted.drawing, LEVELS[GIF][wanted.level]
    palette = scratch / "palette.png"
    found = drawing.node().filter("palettegen", max_colors=colours, stats_mode="diff")
    feed(ffmpeg.write(found, to=palette, update=1), drawing.frames(), drawing.limits, says=SAYS)
    drawn = ffmpeg.in_palette(drawing.node(), ffmpeg.own_file(palette))
    output = ffmpeg.write(drawn, to=target, format="gif", loop=FOR_EVER, map_metadata=-1, fflags="+bitexact")
    most = drawing.recipe.most_bytes
    return feed_up_to(most, output, drawing.frames(), drawing.part.count, target, drawing.limits, says=SAYS)


def _write_webp(wanted: _Try, target: Path, _scratch: Path) -> int:
    drawing = wanted.drawing
    seen = drawing.node().filter("format", "yuv420p")
    coding: Options = {"c:v": "libwebp_anim", "quality": LEVELS[WEBP][wanted.level], "compression_level": 4}
    output = ffmpeg.write(seen, to=target, format="webp", loop=FOR_EVER, fflags="+bitexact", **coding)
    most = drawing.recipe.most_bytes
    return feed_up_to(most, output, drawing.frames(), drawing.part.count, target, drawing.limits, says=SAYS)
