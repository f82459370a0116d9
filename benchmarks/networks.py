"""The networks that are compared, in the forms in which each contestant wants them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from upscaler.pipeline.networks import compat
from upscaler.pipeline.networks.builtin import DEFAULT
from upscaler.pipeline.networks.registry import find
from upscaler.pipeline.networks.weights import Weights, describe, read, verify_hash

FRAMELIFT = {"RealESRGAN Compact": "realesr-animevideov3", "ESRGAN": "RealESRGAN_x4plus"}
"""File names, without their ending, under which framelift looks for weights of these architectures."""


@dataclass(frozen=True)
class Network:
    """Weights that were loaded once, to be written down for others."""

    weights: Weights
    tensors: dict[str, Any]

    def write_checkpoint(self, path: Path) -> Path:
        """As training tools write it."""
        import torch

        torch.save({"params": self.tensors}, path)
        return path

    def write_for_framelift(self, folder: Path) -> str:
        """Into its folder of weights; gives the name of the model."""
        name = FRAMELIFT[self.weights.architecture]
        self.write_checkpoint(folder / f"{name}.pth")
        return name.replace("RealESRGAN_x4plus", "realesrgan-x4plus")

    def flops_a_pixel(self) -> float:
        """Multiplications and additions of all convolutions, over the pixels of the source."""
        import torch

        side, total = 32, 0

        def count(layer: Any, _taken: object, given: Any) -> None:
            nonlocal total
            total += 2 * layer.weight.numel() * given.shape[2] * given.shape[3]

        model = describe(self.tensors).model
        for layer in model.modules():
            if isinstance(layer, torch.nn.Conv2d):
                layer.register_forward_hook(count)
        with torch.inference_mode():
            model(torch.zeros(1, 3, side, side))
        return total / side**2


def load(model: str, scratch: Path) -> Network:
    """The shipped network by its name, or one from a file."""
    weights = find(model, scratch)
    return Network(weights, read(verify_hash(weights)))


def reference(tensors: dict[str, Any]) -> Any:
    """realesrgan's own network for these weights, without them."""
    compat.realesrgan()
    if any(key.startswith("conv_first") for key in tensors):
        blocks = 1 + max(int(key.split(".")[1]) for key in tensors if key.startswith("body."))
        return compat.rrdbnet(num_in_ch=3, num_out_ch=3, num_feat=64, num_block=blocks, num_grow_ch=32, scale=4)
    from realesrgan.archs.srvgg_arch import SRVGGNetCompact

    convolutions = sum(tensor.ndim == 4 for tensor in tensors.values()) - 2
    return SRVGGNetCompact(num_in_ch=3, num_out_ch=3, num_feat=64, num_conv=convolutions, upscale=4, act_type="prelu")


__all__ = ["DEFAULT", "Network", "load", "reference"]
