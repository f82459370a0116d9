"""What every way of running a network offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Batch = NDArray[np.uint8]
"""(count, height, width, 3), RGB, 0 to 255."""

TORCH, WINOGRAD, OPENVINO, ONNX = "torch", "winograd", "openvino", "onnx"
"""Names of backends, as jobs keep them."""
INT8 = "int8"
"""A precision that is taken only where it is asked for: it can be seen."""


@dataclass(frozen=True)
class Engine:
    """How the pixels were made; frozen in a job, so that all of its segments are made alike."""

    backend: str
    device: str
    precision: str
    versions: str = ""
    """What else the bits of a result depend on; see likeness.py. Empty in jobs of before it was kept."""


class Backend(Protocol):
    """A loaded network. ``upscale`` is called from one thread."""

    scale: int
    engine: Engine

    def batch(self, width: int, height: int) -> int:
        """How many frames of this size one call takes best."""
        ...

    def upscale(self, frames: Batch) -> Batch:
        """Enlarge: (n, h, w, 3) to (n, h * scale, w * scale, 3). One frame in, one frame out.

        Raises PipelineError when the device has too little memory for it, or can't run the network.
        """
        ...

    def close(self) -> None:
        """Give the memory back."""
        ...
