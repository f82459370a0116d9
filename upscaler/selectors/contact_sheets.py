"""Where the thumbnail of a frame is: on pages of thumbnails, row by row, from the capture's first frame on."""

from __future__ import annotations

from dataclasses import dataclass

from upscaler.models import Capture

COLUMNS, ROWS = 10, 10
PER_SHEET = COLUMNS * ROWS
TILE_WIDTH = 160
SMALLEST_TILE = 16


@dataclass(frozen=True)
class Tile:
    """A thumbnail: its page, and its column and row there, from 0."""

    sheet: int
    column: int
    row: int


def tile_of(number: int) -> Tile:
    """Return where the thumbnail of a frame is."""
    sheet, place = divmod(number, PER_SHEET)
    return Tile(sheet, place % COLUMNS, place // COLUMNS)


def tile_height(capture: Capture) -> int:
    """Return the height of a capture's thumbnails, which are TILE_WIDTH wide, in pixels."""
    facts = capture.facts_json
    assert facts is not None  # it is measured
    return int(max(SMALLEST_TILE, round(TILE_WIDTH * facts["height"] / facts["width"])))


def sheet_count(frames: int) -> int:
    """Return how many pages a capture of so many frames has."""
    return -(-frames // PER_SHEET)
