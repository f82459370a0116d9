"""The user's choices for a job. Frozen when the job is created."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, fields, replace
from fractions import Fraction
from typing import Any

from .errors import Refused

PRECISIONS = ("auto", "fp32", "bf16", "fp16", "int8")
HEIGHTS = (480, 720, 960, 1080, 1440, 2160)
SCALES = (1, 2, 3, 4)

CHOICES: dict[str, tuple[str, ...]] = {
    "deinterlace": ("auto", "off", "frame", "field", "match"),
    "field_order": ("auto", "tff", "bff"),
    "crop": ("auto", "off"),
    "aspect": ("auto", "off", "4:3", "16:9"),
    "matrix": ("auto", "bt601", "bt709"),
    "range": ("auto", "tv", "full"),
    "rate": ("auto",),
    "deblock": ("off", "light", "strong"),
    "denoise": ("off", "light", "medium", "strong"),
    "duplicates": ("auto", "off"),
    "keep_colours": ("auto", "on", "off"),
    "deflicker": ("off", "on"),
}
"""Every filter with its values; the first is the default. Some also accept numbers: NUMBER_PATTERNS."""

NUMBER_PATTERNS = {
    "crop": (re.compile(r"\d+:\d+:\d+:\d+"), "the pixels to crop as LEFT:TOP:RIGHT:BOTTOM, such as 0:30:0:30"),
    "aspect": (re.compile(r"[1-9]\d{0,3}:[1-9]\d{0,3}"), "a display aspect such as 5:4"),
    "rate": (re.compile(r"[1-9]\d{0,5}(/[1-9]\d{0,5})?"), "frames per second such as 25 or 30000/1001"),
}


@dataclass(frozen=True)
class Filters:
    """The setting of each filter: one of CHOICES, or numbers that match NUMBER_PATTERNS. Raises Refused otherwise."""

    deinterlace: str = "auto"
    """Frame rate ("frame") or field rate ("field") by bwdif; "match" pairs the fields of one moment."""
    field_order: str = "auto"
    crop: str = "auto"
    aspect: str = "auto"
    """Display aspect of the whole coded picture; "off" treats its pixels as square."""
    matrix: str = "auto"
    range: str = "auto"
    rate: str = "auto"
    """Base rate of the result."""
    deblock: str = "off"
    denoise: str = "off"
    duplicates: str = "auto"
    """With "auto", a frame that repeats the one before it reuses its output."""
    keep_colours: str = "auto"
    """Restore the source's low frequencies after the network."""
    deflicker: str = "off"

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            pattern, example = NUMBER_PATTERNS.get(name, (None, ""))
            if value in CHOICES[name] or (pattern is not None and pattern.fullmatch(value)):
                continue
            values = ", ".join(CHOICES[name]) + (f", or {example}" if example else "")
            raise Refused(f"The filter {name} can't be {value!r}. Choose {values}.")

    def with_setting(self, text: str) -> Filters:
        """Return a copy with one filter set by ``NAME=VALUE``. Raises Refused."""
        name, separator, value = text.partition("=")
        if not separator or name not in CHOICES:
            raise Refused(f"{text!r} isn't a filter setting. Write NAME=VALUE with one of {', '.join(CHOICES)}.")
        changes: dict[str, Any] = {name: value}
        return replace(self, **changes)


@dataclass(frozen=True)
class Recipe:
    """All choices for one run."""

    preset: str = "h264"
    height: int | None = None
    """Height of the result in pixels; None leaves it to the preset or the scale."""
    scale: Fraction | None = None
    """The result's size over the source's in square pixels; None keeps the network's scale. Excludes a height."""
    precision: str = "auto"
    trim: tuple[int, int] | None = None
    """Half-open range of frames [start, end) at the base rate; None is the whole clip."""
    filters: Filters = field(default_factory=Filters)

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"scale": str(self.scale) if self.scale else None}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Recipe:
        trim, scale = data.get("trim"), data.get("scale")
        known = {item.name for item in fields(Filters)}
        return cls(
            preset=data["preset"],
            height=data["height"],
            scale=Fraction(scale) if scale else None,
            precision=data["precision"],
            trim=(trim[0], trim[1]) if trim else None,
            filters=Filters(**{name: value for name, value in data.get("filters", {}).items() if name in known}),
        )
