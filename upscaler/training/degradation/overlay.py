"""Text that sites and capture programs drew into clips, such as their name or a counter.

It is drawn into the truth, from which the twin is made: a network should make letters sharp, and can't know what lies
behind them.
"""

from __future__ import annotations

import cv2
import numpy as np

from upscaler.training.core.twin import Pixels

HEIGHT = 1 / 20
"""Height of a capital letter, as a part of the frame's."""
MARGIN = 1 / 40
"""Distance from the lower left corner, as a part of the frame's height."""
CAPITAL_HEIGHT = 22
"""Pixels, of OpenCV's plain font at scale 1."""


def draw_text(frame: Pixels, text: str) -> Pixels:
    """Return a copy of an RGB frame, with white text on a black outline in its lower left corner unless it is "".

    Characters that OpenCV's font doesn't have become question marks.
    """
    height = frame.shape[0]
    size = height * HEIGHT / CAPITAL_HEIGHT
    corner = round(height * MARGIN), round(height * (1 - MARGIN))
    drawn = np.array(frame)
    if not text:
        return drawn
    for colour, width in (((0, 0, 0), max(2, round(height / 80))), ((255, 255, 255), max(1, round(height / 240)))):
        cv2.putText(drawn, text, corner, cv2.FONT_HERSHEY_SIMPLEX, size, colour, width, cv2.LINE_AA)
    return drawn
