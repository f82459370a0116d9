"""A network with its pre- and postprocessing as one module, for export to other libraries."""

from __future__ import annotations

import torch
from torch import Tensor

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.networks.weights import Weights, describe, read, resolved_precision, verify_hash


class TracedNetwork(torch.nn.Module):
    """From bytes to bytes: (n, h, w, 3) to (n, h * scale, w * scale, 3), rounded as RealESRGANer does."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self._network = describe(read(verify_hash(weights)))
        self._model = self._network.model.requires_grad_(False)  # registers its parameters with this module
        self.scale = int(self._network.scale)

    def resolved_precision(self, precision: str, best: str) -> str:
        """Resolve the precision; see weights.py."""
        return resolved_precision(self._network, precision, best)

    def forward(self, frames: Tensor) -> Tensor:
        pictures = frames.permute(0, 3, 1, 2).float() / 255.0
        enlarged = self._network(pictures).clamp(0, 1) * 255.0
        result: Tensor = enlarged.round().to(torch.uint8).permute(0, 2, 3, 1)
        return result


def example(height: int, width: int) -> Tensor:
    """Return a frame to trace a network with."""
    return torch.zeros((1, height, width, 3), dtype=torch.uint8)


def unsupported(library: str, package: str, size: tuple[int, int], error: Exception) -> PipelineError:
    """Return the error for a library that can't run a network on frames of ``size``, (width, height)."""
    return PipelineError(
        f"{library} can't run this model on frames of {size[0]}x{size[1]}. "
        f"Choose another precision or a smaller model, or uninstall {package}.",
        permanent=True,
        detail=str(error),
    )
