"""The sprite: thumbnails of a whole clip in one image, for the scrubber."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.prefilters import aspect, constant_rate, crop, uniform_format
from upscaler.pipeline.programs import ffmpeg

MAX_PICTURES = 100
COLUMNS = 10
WIDTH = 160
SMALLEST_HEIGHT = 16
QUALITY = 4
"""Quality of mjpeg: 2 is the best, 31 the worst."""


@dataclass(frozen=True)
class SpriteLayout:
    """Layout of the thumbnails: row by row from the top left. Sizes are those of one thumbnail, in pixels."""

    every: int
    """Frames per thumbnail: thumbnail k shows frame k * every."""
    pictures: int
    columns: int
    rows: int
    width: int
    height: int


def sprite_layout(facts: Facts) -> SpriteLayout:
    """Derive the layout from the facts, so that it needn't be stored."""
    every = -(-facts.frames // MAX_PICTURES)
    pictures = -(-facts.frames // every)
    width, height = aspect.size(facts, Recipe())
    return SpriteLayout(
        every=every,
        pictures=pictures,
        columns=min(COLUMNS, pictures),
        rows=-(-pictures // COLUMNS),
        width=WIDTH,
        height=max(SMALLEST_HEIGHT, 2 * round(WIDTH * height / width / 2)),
    )


def write_sprite(
    source: Path, facts: Facts, target: Path, limits: Limits, on_progress: Callable[[], None] = lambda: None
) -> tuple[int, int]:
    """Write the sprite as a JPEG in one decode pass; returns its size in pixels.

    Thumbnails are cropped as "auto" would, with square pixels. ``on_progress`` may raise to cancel. Raises
    PipelineError when the source has no decodable frame.
    """
    recipe, layout = Recipe(), sprite_layout(facts)
    steps = (*uniform_format.steps(facts, recipe), *constant_rate.steps(facts, recipe))
    pictures = ffmpeg.apply_steps(ffmpeg.source(source, limits, facts.opening)[facts.opening.pictures], steps)
    pictures = pictures.filter("select", f"not(mod(n,{layout.every}))")
    pictures = ffmpeg.apply_steps(pictures, crop.steps(facts, recipe))
    pictures = pictures.filter(
        "scale",
        layout.width,
        layout.height,
        flags="area",
        in_color_matrix=facts.matrix,
        in_range="full" if facts.full_range else "limited",
        out_color_matrix="bt601",
        out_range="full",
    )
    pictures = pictures.filter("format", "yuvj420p").filter("setsar", "1")
    pictures = pictures.filter("tile", f"{layout.columns}x{layout.rows}", nb_frames=layout.pictures)
    options: dict[str, str | int] = {"c:v": "mjpeg", "q:v": QUALITY, "frames:v": 1, "fps_mode": "passthrough"}
    ffmpeg.transcode(
        ffmpeg.write(pictures, to=target, format="mjpeg", **options),
        limits=limits,
        label="The sprite",
        on_progress=on_progress,
    )
    if not target.exists() or not target.stat().st_size:
        raise PipelineError("No thumbnails can be made of this video.", permanent=False)
    return layout.columns * layout.width, layout.rows * layout.height
