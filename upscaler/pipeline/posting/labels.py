"""The words in the corners, drawn with OpenCV's own font: an ffmpeg may lack drawtext, and a server fonts."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.frame import Frame

BEFORE, AFTER = "Before", "After"
WEIGHT = 600
OF_HEIGHT = 0.036
"""Of the picture's height: the letters' size."""
SMALLEST, LARGEST = 12, 40
"""Pixels of the letters' size."""
FINER = 4
"""Times as large as it is shown, it is drawn, so that small letters have smooth edges."""
GROUND = (5, 8, 12)
GROUND_OPACITY = 0.7


@dataclass(frozen=True)
class Label:
    """A word on a dark ground, to be laid into a corner."""

    colour: NDArray[np.float32]
    """(height, width, 3), RGB, weighted with its opacity."""
    clear: NDArray[np.float32]
    """(height, width, 1): how much of the picture shows through, 0 to 1."""
    margin: int
    """Pixels to both edges."""

    def put(self, picture: Frame, *, at_right: bool) -> None:
        """Into an upper corner of a picture. Where it does not fit beside another one, it is left out."""
        height, width = self.clear.shape[:2]
        if picture.shape[0] < height + 2 * self.margin or picture.shape[1] < 2 * (width + 2 * self.margin):
            return
        x = picture.shape[1] - self.margin - width if at_right else self.margin
        place = picture[self.margin : self.margin + height, x : x + width]
        place[:] = np.rint(self.colour + place * self.clear).astype(np.uint8)


def draw(text: str, picture_height: int) -> Label:
    """A label for pictures of this height."""
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
