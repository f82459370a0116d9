"""Convert all frames to one size, shape and colour, which joined recordings change, and RGB to planes."""

from __future__ import annotations

from upscaler.pipeline.core import chroma
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.filter_step import Option, Step, same_range
from upscaler.pipeline.core.recipe import Recipe

SHAPE_TOLERANCE = 0.98
"""Share of the video's width or height: a picture that fills more of it is stretched to all of it."""


def steps(facts: Facts, recipe: Recipe) -> tuple[Step, ...]:
    """Leave frames in the first frame's format unchanged. The steps count as numbering, since they come before it.

    A part with another shape keeps it and gets black bars. Every filter supports planar RGB; ffmpeg would scale a
    palette into another palette, and convert packed RGB to YUV for many filters.
    """
    planes = chroma.planar_rgb_formats(facts.pix_fmt)
    return (*_fitting_steps(facts), *(Step("format", (("pix_fmts", header),), numbers=True) for header in planes))


def changes_shape(facts: Facts) -> bool:
    """Return whether a part of the video has another shape than its start."""
    return any(abs(header.shape / facts.headers[0].shape - 1) > 1 - SHAPE_TOLERANCE for header in facts.headers)


def changes_colour(facts: Facts) -> bool:
    """Return whether a part has other colour tags than the start."""
    return len({(header.matrix or facts.matrix, header.full_range) for header in facts.headers}) > 1


def has_untagged_part(facts: Facts) -> bool:
    """Return whether a part has no colour tags."""
    return any(not header.matrix for header in facts.headers)


def converts_colour(facts: Facts) -> bool:
    """Return whether ffmpeg can convert frames by their own colour tags.

    ffmpeg assumes BT.601 for untagged frames, which is right where that is assumed for the whole video.
    """
    is_right = not has_untagged_part(facts) or facts.matrix == "smpte170m"
    return changes_colour(facts) and is_right and not chroma.is_rgb(facts.pix_fmt)


def _fitting_steps(facts: Facts) -> tuple[Step, ...]:
    colour = _conversion_options(facts) if converts_colour(facts) else same_range(facts.full_range)
    if not changes_shape(facts):
        return (Step("scale", (("w", facts.width), ("h", facts.height), *colour), numbers=True),)
    return _letterboxed(facts, colour)


def _letterboxed(facts: Facts, colour: tuple[Option, ...]) -> tuple[Step, ...]:
    """Scale each frame to its own shape, and add black bars."""
    across = f"({facts.width}*(iw*sar/ih)/{float(facts.headers[0].shape):.9f})"
    down = f"({facts.width * facts.height}/{across})"
    each: Option = ("eval", "frame")  # a shape that changes alone, without the size, is missed otherwise
    size: tuple[Option, ...] = (
        ("w", _side_expression(across, facts.width)),
        ("h", _side_expression(down, facts.height)),
        each,
    )
    place: tuple[Option, ...] = (("x", "(ow-iw)/2"), ("y", "(oh-ih)/2"), each)
    return (
        Step("scale", (*size, *colour), numbers=True),
        Step("pad", (("w", facts.width), ("h", facts.height), *place), numbers=True),
    )


def _side_expression(side: str, most: int) -> str:
    """Return an expression for an even side, or for the maximum where the side nearly reaches it."""
    return f"if(gt({side},{SHAPE_TOLERANCE * most:.3f}),{most},2*round({side}/2))"


def _conversion_options(facts: Facts) -> tuple[Option, ...]:
    """Return options that convert each frame from its own colour tags to those of the first frame."""
    span = "full" if facts.full_range else "limited"
    return (
        ("in_color_matrix", "auto"),
        ("out_color_matrix", facts.matrix),
        ("in_range", "auto"),
        ("out_range", span),
        ("flags", "bicubic+accurate_rnd+full_chroma_int+full_chroma_inp"),
    )
