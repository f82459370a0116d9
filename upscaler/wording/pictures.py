"""Borders, fields and colours of a video's pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from .counts import list_of


class Sides(Protocol):
    """The pixels of a border at each side."""

    @property
    def left(self) -> int: ...
    @property
    def top(self) -> int: ...
    @property
    def right(self) -> int: ...
    @property
    def bottom(self) -> int: ...


def border(sides: Sides) -> str:
    """Return "30 px at the top and bottom"; sides of one width are named together."""
    names_by_width: dict[int, list[str]] = {}
    for name in ("left", "right", "top", "bottom"):
        if pixels := getattr(sides, name):
            names_by_width.setdefault(pixels, []).append(name)
    return list_of([f"{pixels} px at the {list_of(names)}" for pixels, names in names_by_width.items()])


@dataclass(frozen=True)
class FieldMode:
    """What is done with interlaced fields: as a setting, and once it is done."""

    setting: str
    done: str


FIELD_MODES = {
    "off": FieldMode("Off", ""),
    "frame": FieldMode("Deinterlace", "Deinterlaced"),
    "field": FieldMode("Deinterlace to double rate", "Deinterlaced to double rate"),
    "match": FieldMode("Match fields", "Fields matched"),
}
FIRST_FIELDS = {"tff": "top", "bff": "bottom"}
"""Which field comes first, by ffmpeg's names of field orders."""

MATRICES = {"smpte170m": "BT.601", "bt470bg": "BT.601 (PAL)", "bt709": "BT.709", "bt2020": "BT.2020"}
"""Colour matrices by ffmpeg's names."""


def matrix(name: str) -> str:
    """Return the standard of a colour matrix; ffmpeg's own name for one without a row here."""
    return MATRICES.get(name, name)


def colour_range(*, is_full: bool) -> str:
    return "full range" if is_full else "TV range"
