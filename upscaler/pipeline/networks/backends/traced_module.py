"""A network together with what is before and behind it, as one module that other libraries can take over."""

from __future__ import annotations

import torch
from torch import Tensor

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.networks.weights import Weights, describe, read, settled, verify_hash


class Whole(torch.nn.Module):
    """From bytes to bytes: (n, h, w, 3) to (n, h * scale, w * scale, 3), rounded as RealESRGANer does."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self._network = describe(read(verify_hash(weights)))
        self._model = self._network.model.requires_grad_(False)  # so that its numbers are this module's, too
        self.scale = int(self._network.scale)

    def settled(self, precision: str, best: str) -> str:
        """See weights.py."""
        return settled(self._network, precision, best)

    def forward(self, frames: Tensor) -> Tensor:
        pictures = frames.permute(0, 3, 1, 2).float() / 255.0
        enlarged = self._network(pictures).clamp(0, 1) * 255.0
        result: Tensor = enlarged.round().to(torch.uint8).permute(0, 2, 3, 1)
        return result


def example(height: int, width: int) -> Tensor:
    """A frame to trace a network with."""
    return torch.zeros((1, height, width, 3), dtype=torch.uint8)


def refused_by(library: str, package: str, size: tuple[int, int], error: Exception) -> PipelineError:
    """What is said where a library can't run a network on frames of ``size``, (width, height)."""
    return PipelineError(
        f"{library} can't run this network on frames of {size[0]} by {size[1]}; "
        f"choose another precision, a smaller network, or uninstall {package} to do without it.",
        permanent=True,
        detail=str(error),
    )
