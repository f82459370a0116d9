"""One size, shape and colour from the first frame to the last: joined recordings change them midway. RGB in planes."""

from __future__ import annotations

from upscaler.pipeline.core import chroma
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.filter_step import Option, Step, same_range
from upscaler.pipeline.core.recipe import Recipe

NEARLY = 0.98
"""Of the film's width or height: a picture that fills so much of it is stretched over the rest."""


def steps(facts: Facts, recipe: Recipe) -> tuple[Step, ...]:
    """Passes frames like the first one on untouched. Counts as numbering: it comes before it.

    A part of another shape keeps it, between black bars. Of RGB, every filter takes planes. ffmpeg would scale a
    palette's pixels into another palette, and go by YUV to filters that take no packed RGB.
    """
    planes = chroma.planes_of_rgb(facts.pix_fmt)
    return (*_fitted(facts), *(Step("format", (("pix_fmts", one),), numbers=True) for one in planes))


def changes_shape(facts: Facts) -> bool:
    """Does a part of the film have another shape than its beginning?"""
    return any(abs(one.shape / facts.headers[0].shape - 1) > 1 - NEARLY for one in facts.headers)


def changes_colour(facts: Facts) -> bool:
    """Does a part say other colours than the beginning?"""
    return len({(one.matrix or facts.matrix, one.full_range) for one in facts.headers}) > 1


def says_nothing(facts: Facts) -> bool:
    """Does a part say nothing of its colours?"""
    return any(not one.matrix for one in facts.headers)


def converts_colour(facts: Facts) -> bool:
    """Can ffmpeg go by what each frame says of its colours?

    What says nothing is BT.601 for ffmpeg, which is right where that is assumed for the whole.
    """
    is_right = not says_nothing(facts) or facts.matrix == "smpte170m"
    return changes_colour(facts) and is_right and not chroma.is_rgb(facts.pix_fmt)


def _fitted(facts: Facts) -> tuple[Step, ...]:
    colour = _converted(facts) if converts_colour(facts) else same_range(facts.full_range)
    if not changes_shape(facts):
        return (Step("scale", (("w", facts.width), ("h", facts.height), *colour), numbers=True),)
    return _own_shape(facts, colour)


def _own_shape(facts: Facts, colour: tuple[Option, ...]) -> tuple[Step, ...]:
    """Each frame as wide or as high as its own shape has it, between black bars."""
    across = f"({facts.width}*(iw*sar/ih)/{float(facts.headers[0].shape):.9f})"
    down = f"({facts.width * facts.height}/{across})"
    each: Option = ("eval", "frame")  # a shape that changes alone, without the size, is missed otherwise
    size: tuple[Option, ...] = (("w", _filled(across, facts.width)), ("h", _filled(down, facts.height)), each)
    place: tuple[Option, ...] = (("x", "(ow-iw)/2"), ("y", "(oh-ih)/2"), each)
    return (
        Step("scale", (*size, *colour), numbers=True),
        Step("pad", (("w", facts.width), ("h", facts.height), *place), numbers=True),
    )


def _filled(side: str, most: int) -> str:
    """An expression: the side, even, or all there is where it is nearly that or more."""
    return f"if(gt({side},{NEARLY * most:.3f}),{most},2*round({side}/2))"


def _converted(facts: Facts) -> tuple[Option, ...]:
    """By what each frame says of itself, into what the first one says."""
    span = "full" if facts.full_range else "limited"
    return (
        ("in_color_matrix", "auto"),
        ("out_color_matrix", facts.matrix),
        ("in_range", "auto"),
        ("out_range", span),
        ("flags", "bicubic+accurate_rnd+full_chroma_int+full_chroma_inp"),
    )
