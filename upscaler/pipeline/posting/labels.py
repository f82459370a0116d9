"""Labels in the corners, drawn with OpenCV's own font: an ffmpeg may lack drawtext, and a server fonts."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.frame import Frame

BEFORE, AFTER = "Before", "After"
WEIGHT = 600
OF_HEIGHT = 0.036
"""Font size as a share of the picture's height."""
SMALLEST, LARGEST = 12, 40
"""Bounds of the font size, in pixels."""
FINER = 4
"""Supersampling factor, for smooth edges of small letters."""
GROUND = (5, 8, 12)
GROUND_OPACITY = 0.7


@dataclass(frozen=True)
class Label:
    """A word on a dark background, for a corner of a picture."""

    colour: NDArray[np.float32]
    """(height, width, 3), RGB, weighted with its opacity."""
    clear: NDArray[np.float32]
    """(height, width, 1): transparency, 0 to 1."""
    margin: int
    """Pixels to both edges."""

    def put(self, picture: Frame, *, at_right: bool) -> None:
        """Draw the label into an upper corner of a picture, unless two labels don't fit beside each other."""
        height, width = self.clear.shape[:2]
        if picture.shape[0] < height + 2 * self.margin or picture.shape[1] < 2 * (width + 2 * self.margin):
            return
        x = picture.shape[1] - self.margin - width if at_right else self.margin
        place = picture[self.margin : self.margin + height, x : x + width]
        place[:] = np.rint(self.colour + place * self.clear).astype(np.uint8)


def draw(text: str, picture_height: int) -> Label:
    """Render a label for pictures of this height."""
    size = min(max(round(picture_height * OF_HEIGHT), SMALLEST), LARGEST)
    large = size * FINER
    font = cv2.FontFace("sans")
    x, y, width, height = cv2.getTextSize((1, 1), "Bf", (0, 0), font, large, WEIGHT)
    width = cv2.getTextSize((1, 1), text, (0, 0), font, large, WEIGHT)[2]
    across, down = large // 2, large // 3
    shape = (FINER * -(-(height + 2 * down) // FINER), FINER * -(-(width + 2 * across) // FINER))
    letters = np.zeros((*shape, 3), np.uint8)
    cv2.putText(letters, text, (across - x, down - y), (255, 255, 255), font, large, WEIGHT)
    ground = _rounded(shape, large // 3) * GROUND_OPACITY
    text_opacity = letters[..., :1].astype(np.float32) / 255
    colour = text_opacity * 255 + (1 - text_opacity) * ground * np.array(GROUND, np.float32)
    opacity = text_opacity + (1 - text_opacity) * ground
    target = shape[1] // FINER, shape[0] // FINER
    small = np.asarray(cv2.resize(np.dstack([colour, opacity]), target, interpolation=cv2.INTER_AREA), np.float32)
    return Label(small[..., :3], 1 - small[..., 3:], max(4, size // 2))


def _rounded(shape: tuple[int, int], radius: int) -> NDArray[np.float32]:
    """(height, width, 1): 1 within a rectangle with round corners, 0 without."""
    height, width = shape
    y, x = np.ogrid[:height, :width]
    down = np.maximum(np.maximum(radius - y, y - (height - 1 - radius)), 0)
    across = np.maximum(np.maximum(radius - x, x - (width - 1 - radius)), 0)
    return np.asarray(down**2 + across**2 <= radius**2, np.float32)[..., None]
