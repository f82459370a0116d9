"""Degradation of single frames without a video codec: passes of JPEG."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from upscaler.training.core.twin import Pixels


def through_jpeg(frame: Pixels, qualities: Sequence[int]) -> Pixels:
    """Return an RGB frame after successive passes of JPEG with 4:2:0 chroma, at qualities of 1 to 100."""
    picture = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
    for quality in qualities:
        _, data = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, quality))
        decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
        assert decoded is not None
        picture = decoded
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
