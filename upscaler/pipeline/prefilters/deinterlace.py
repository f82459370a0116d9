"""Make whole frames of two fields."""

from __future__ import annotations

from upscaler.pipeline.core import chroma
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.filter_step import Step
from upscaler.pipeline.core.recipe import Recipe

MODES = {"together": "off", "shifted": "match", "apart": "frame"}
"""The automatic mode, by Facts.fields_are."""


def mode(facts: Facts, recipe: Recipe) -> str:
    """Return the mode: "off", "frame" (one frame for two fields), "field" (a frame for each field) or "match"."""
    chosen = recipe.filters.deinterlace
    if chosen != "auto":
        return chosen
    return MODES[facts.fields_are] if facts.is_interlaced else "off"


def field_order(facts: Facts, recipe: Recipe) -> str:
    """Return the field order: "tff", "bff", or "both" where it changes; "tff" where unknown."""
    chosen = recipe.filters.field_order
    if chosen != "auto":
        return chosen
    if facts.is_interlaced and facts.field_order_changes:
        return "both"
    return facts.field_order if facts.is_interlaced else "tff"


def marks(facts: Facts, recipe: Recipe) -> tuple[Step, ...]:
    """Mark the field order of each frame with idet where it changes. It looks back, so it comes before any trim."""
    is_needed = mode(facts, recipe) != "off" and field_order(facts, recipe) == "both"
    return (Step("idet", numbers=True),) if is_needed else ()


def steps(facts: Facts, recipe: Recipe) -> tuple[Step, ...]:
    """Use bwdif for fields of two moments; fieldmatch, then bwdif for unmatched frames, for fields of one moment."""
    chosen = mode(facts, recipe)
    if chosen == "off":
        return ()
    order = field_order(facts, recipe)
    if order == "both":
        order = "auto"  # idet has marked each frame
    if chosen == "match":
        match = Step("fieldmatch", (("order", order), ("combmatch", "full")), context=2)
        rest = Step("bwdif", (("mode", "send_frame"), ("parity", order), ("deint", "interlaced")), context=1)
        return _in_yuv(match, rest) if chroma.is_rgb(facts.pix_fmt) else (match, rest)
    if chosen == "frame":
        return (Step("bwdif", (("mode", "send_frame"), ("parity", order), ("deint", "all")), context=1),)
    return (Step("bwdif", (("mode", "send_field"), ("parity", order), ("deint", "all")), context=1, multiplies=2),)


def _in_yuv(*steps: Step) -> tuple[Step, ...]:
    """Convert RGB to YUV and back with an explicit matrix and full range, since fieldmatch supports only YUV."""
    flags = ("flags", "bicubic+accurate_rnd+full_chroma_int+full_chroma_inp")
    there = Step("scale", (("out_color_matrix", "bt709"), ("out_range", "full"), flags))
    back = Step("scale", (("in_color_matrix", "bt709"), ("in_range", "full"), flags))
    yuv, rgb = (Step("format", (("pix_fmts", name),)) for name in ("yuv444p", "gbrp"))
    return (there, yuv, *steps, back, rgb)
