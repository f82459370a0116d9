"""Stills to clips: a window that glides and turns over the picture."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from upscaler.pipeline.core.errors import Refused
from upscaler.training.core.twin import Pixels

WINDOW = 3 / 4
"""Side of the window, as a part of the still's."""
MAX_TURN = 4.0
"""Degrees to either side."""
MULTIPLE = 16
"""The window's sides are multiples of it: four times those of a clip, which are multiples of 4."""


def window_size(width: int, height: int) -> tuple[int, int]:
    """Return the size of the window over a still of this size, (width, height)."""
    return int(width * WINDOW) // MULTIPLE * MULTIPLE, int(height * WINDOW) // MULTIPLE * MULTIPLE


def moving_window(still: Pixels, width: int, height: int, count: int, random: np.random.Generator) -> Iterator[Pixels]:
    """Yield ``count`` frames (height, width, 3) of an RGB still, at its own scale.

    The window moves from one random place and angle to another at constant speed. It stays within the still, however
    it is turned. Raises Refused if the still has no room for it to move.
    """
    turns = np.deg2rad(random.uniform(-MAX_TURN, MAX_TURN, 2))
    places = np.array([_place(still, width, height, turn, random) for turn in turns])
    for share in np.linspace(0, 1, count):
        turn = (1 - share) * turns[0] + share * turns[1]
        x, y = (1 - share) * places[0] + share * places[1]
        yield _window(still, width, height, float(x), float(y), float(turn))


def _place(still: Pixels, width: int, height: int, turn: float, random: np.random.Generator) -> tuple[float, float]:
    """Return a random centre for a window, in pixels, at which it stays within the still at any smaller turn."""
    limit = np.deg2rad(MAX_TURN)
    half_width = (width * np.cos(turn) + height * np.sin(limit)) / 2 + 2
    half_height = (height * np.cos(turn) + width * np.sin(limit)) / 2 + 2
    rows, columns = still.shape[:2]
    if columns < 2 * half_width or rows < 2 * half_height:
        raise Refused(
            f"A still of {columns}x{rows} is too small for a window of {width}x{height} that moves and turns. "
            f"Use a window of at most {window_size(columns, rows)[0]}x{window_size(columns, rows)[1]}."
        )
    return random.uniform(half_width, columns - half_width), random.uniform(half_height, rows - half_height)


def _window(still: Pixels, width: int, height: int, x: float, y: float, turn: float) -> Pixels:
    """Return the window around (x, y), turned by ``turn`` radians, by cubic interpolation."""
    cos, sin = float(np.cos(turn)), float(np.sin(turn))
    across, down = (width - 1) / 2, (height - 1) / 2
    inverse = np.array(
        [[cos, -sin, x - cos * across + sin * down], [sin, cos, y - sin * across - cos * down]], np.float64
    )
    turned = cv2.warpAffine(
        still, inverse, (width, height), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REFLECT_101
    )
    return np.asarray(turned, np.uint8)
