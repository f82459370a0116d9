"""One picture in memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]
"""One picture: (height, width, 3), RGB, 0 to 255."""


def flat(frame: Frame) -> memoryview:
    """Return a view of the frame's bytes."""
    return memoryview(np.ascontiguousarray(frame).data).cast("B")
