"""Video format of a joined video, and the conversion of each part to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from upscaler.pipeline.core.chroma import CHROMA_SHIFTS, PLANAR_FORMATS, layout
from upscaler.pipeline.core.facts import Facts, FieldOrder
from upscaler.pipeline.core.filter_step import Step
from upscaler.pipeline.core.recipe import Filters, Recipe
from upscaler.pipeline.prefilters import aspect, constant_rate, deinterlace, uniform_format

WHOLE = Recipe(filters=Filters(crop="off"))

COMMON = "yuv444p"
"""Pixel format where parts differ: the one with the least loss."""
RGB = "bgr0"


@dataclass(frozen=True)
class Shape:
    """Video format of the joined video. ``pix_fmt`` is ffmpeg's name, with "yuvj" for full range."""

    width: int
    height: int
    sar: Fraction
    rate: Fraction
    pix_fmt: str
    matrix: str
    full_range: bool
    is_tagged: bool
    """True if the file's colours are tagged; False where every part is untagged in the same way."""
    field_order: FieldOrder
    agrees: bool
    """True if all parts already have this format, pixel for pixel."""

    @property
    def is_rgb(self) -> bool:
        return self.pix_fmt == RGB

    @property
    def frame_bytes(self) -> int:
        """Bytes of one raw frame."""
        if self.is_rgb:
            return 4 * self.width * self.height
        name = layout(self.pix_fmt)
        samples = self.width * self.height
        if name != "gray":
            across, down = CHROMA_SHIFTS[name]
            samples += 2 * -(-self.width // 2**across) * -(-self.height // 2**down)
        return samples * (2 if self.pix_fmt.endswith("10le") else 1)


def shape_of(facts: Sequence[Facts]) -> Shape:
    """Return the parts' common format, else that of the largest, in square pixels.

    Raises ValueError without parts.
    """
    if not facts:
        raise ValueError("a film has at least one part")
    largest = max(facts, key=lambda part_facts: part_facts.display_width * part_facts.height)
    same_size = len({(part_facts.width, part_facts.height, part_facts.sar) for part_facts in facts}) == 1
    same_fields = len({(part_facts.field_order, part_facts.fields_are) for part_facts in facts}) == 1
    formats = {_stored(part_facts.pix_fmt) for part_facts in facts}
    same_colours = len({(part_facts.matrix, part_facts.full_range) for part_facts in facts}) == 1 or formats == {RGB}
    agrees = same_size and same_colours and len(formats) == 1
    return Shape(
        width=largest.width if same_size else _even(largest.display_width),
        height=largest.height if same_size else _even(largest.height),
        sar=largest.sar if same_size else Fraction(1),
        rate=max(part_facts.rate for part_facts in facts),
        pix_fmt=formats.pop() if agrees else COMMON,
        matrix=largest.matrix,
        full_range=largest.full_range,
        is_tagged=not agrees or any(part_facts.colour_tagged for part_facts in facts) or largest.full_range,
        field_order=largest.field_order if agrees and same_fields else "progressive",
        agrees=agrees,
    )


def steps_into(shape: Shape, facts: Facts) -> tuple[Step, ...]:
    """Return the steps from a part's decoded frames to the joined video's format, at the part's own base rate.

    Where the joined video is progressive, interlaced parts are deinterlaced here: that is no longer possible
    after scaling or joining.
    """
    numbered = (*uniform_format.steps(facts, WHOLE), *constant_rate.steps(facts, WHOLE))
    fields = deinterlace.steps(facts, WHOLE) if shape.field_order == "progressive" else ()
    return (*numbered, *fields, *_fitted(shape, facts), Step("format", (("pix_fmts", shape.pix_fmt),)))


def _fitted(shape: Shape, facts: Facts) -> tuple[Step, ...]:
    if shape.agrees:
        return ()
    width, height = aspect.size(facts, WHOLE)
    factor = min(Fraction(shape.width, width), Fraction(shape.height, height))
    is_whole = (facts.width, facts.height, facts.sar) == (shape.width, shape.height, shape.sar)
    inner = (shape.width, shape.height) if is_whole else (_even(int(width * factor)), _even(int(height * factor)))
    scale = Step(
        "scale",
        (
            ("w", min(inner[0], shape.width)),
            ("h", min(inner[1], shape.height)),
            ("flags", "lanczos+accurate_rnd+full_chroma_int+full_chroma_inp"),
            ("in_color_matrix", facts.matrix),
            ("in_range", "full" if facts.full_range else "limited"),
            ("out_color_matrix", shape.matrix),
            ("out_range", "full" if shape.full_range else "limited"),
        ),
    )
    # 4:4:4 first: a border of an odd width would shift colours by half a pixel
    wide = Step("format", (("pix_fmts", COMMON),))
    pad = Step("pad", (("w", shape.width), ("h", shape.height), ("x", "(ow-iw)/2"), ("y", "(oh-ih)/2")))
    return (scale, wide, pad)


def _stored(pix_fmt: str) -> str:
    """Return the stored format that holds this one's pixels losslessly."""
    if layout(pix_fmt) in CHROMA_SHIFTS:
        return pix_fmt
    if pix_fmt in PLANAR_FORMATS:
        return PLANAR_FORMATS[pix_fmt]
    return RGB if "rgb" in pix_fmt or "bgr" in pix_fmt or pix_fmt in ("pal8", "gbrp") else COMMON


def _even(side: int) -> int:
    return side + side % 2
