"""Nearest-neighbour enlargement without a network. The baseline for the rest of the pipeline."""

from __future__ import annotations

from upscaler.pipeline.networks.backend import Batch, Engine


class NearestBackend:
    """Enlarges by repeating pixels, exactly."""

    def __init__(self, scale: int) -> None:
        self.scale = scale
        self.engine = Engine("nearest", "cpu", "exact")

    def batch(self, width: int, height: int) -> int:
        return 1

    def upscale(self, frames: Batch) -> Batch:
        return frames.repeat(self.scale, axis=1).repeat(self.scale, axis=2)

    def close(self) -> None:
        """Do nothing: there is nothing to free."""
