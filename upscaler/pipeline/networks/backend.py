"""Interface of all ways of running a network."""

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
"""A precision that is used only on request: its difference is visible."""


@dataclass(frozen=True)
class Engine:
    """Backend, device and precision of a job; stored with it, so that all of its segments are made alike."""

    backend: str
    device: str
    precision: str
    versions: str = ""
    """Versions that the bits of a result depend on; see reproducibility.py. Empty in older jobs."""


class Backend(Protocol):
    """A loaded network. ``upscale`` is called from one thread."""

    scale: int
    engine: Engine

    def batch(self, width: int, height: int) -> int:
        """Return the best number of frames of this size for one call."""
        ...

    def upscale(self, frames: Batch) -> Batch:
        """Enlarge: (n, h, w, 3) to (n, h * scale, w * scale, 3). One frame in, one frame out.

        Raises PipelineError when the device has too little memory for it, or can't run the network.
        """
        ...

    def close(self) -> None:
        """Free the memory."""
        ...
