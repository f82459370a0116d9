"""A network on torch: CPU or CUDA.

The lines that only a GPU runs are those marked "CUDA only"; everything else is one path, so that
the tests on a CPU walk it too.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from ..errors import PipelineError
from .backend import TORCH, Batch, Engine
from .cores import has_bf16
from .heap import keep_heap
from .weights import Weights, describe, read, verify_hash

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def pick_device() -> torch.device:
    """The GPU if there is one that torch can use, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def pick_precision(device: torch.device) -> str:
    """fp16 on a GPU; bf16 on a CPU that has it in hardware; else fp32."""
    if device.type == "cuda":
        return "fp16"
    return "bf16" if has_bf16() else "fp32"


class TorchBackend:
    """Loads weights and runs them. ``precision`` is "auto", "fp32", "bf16" or "fp16"."""

    def __init__(self, weights: Weights, precision: str) -> None:
        self._device = pick_device()
        if self._device.type == "cpu":
            keep_heap()
        chosen = pick_precision(self._device) if precision == "auto" else precision
        if chosen == "fp16" and self._device.type == "cpu":
            raise PipelineError("fp16 needs a GPU; on a CPU take auto, fp32 or bf16.")
        self._dtype = DTYPES[chosen]
        network = describe(read(verify_hash(weights)))
        network.model.to(memory_format=torch.channels_last)
        self._network = network.to(device=self._device, dtype=self._dtype)
        self._is_checked = chosen != "fp16"
        self.scale = int(network.scale)
        self.engine = Engine(TORCH, self._device_name(), chosen)

    def batch(self, width: int, height: int) -> int:
        return 1

    def upscale(self, frames: Batch) -> Batch:
        try:
            with torch.inference_mode():
                enlarged = self._enlarge(torch.from_numpy(frames).to(self._device))
        except torch.OutOfMemoryError as error:  # CUDA only
            raise PipelineError(
                "The GPU ran out of memory at this frame size; choose a smaller network or close other programs.",
                detail=str(error),
            ) from error
        result: Batch = enlarged.cpu().numpy()
        return result

    def close(self) -> None:
        del self._network
        if self._device.type == "cuda":
            torch.cuda.empty_cache()  # CUDA only

    def _enlarge(self, frames: Tensor) -> Tensor:
        """(n, h, w, 3) uint8 to (n, h * scale, w * scale, 3) uint8.

        Rounds as RealESRGANer does: clamp to 0..1, times 255, to the nearest.
        """
        # one layout, whatever that of the frames: torch picks its kernels by it, and their last bits differ
        count, height, width, channels = frames.shape
        shape = (count, channels, height, width)
        pictures = torch.empty(shape, dtype=self._dtype, device=self._device, memory_format=torch.channels_last)
        pictures.copy_(frames.permute(0, 3, 1, 2)).div_(255.0)
        enlarged = self._network(pictures)
        if not self._is_checked:
            self._check_half(pictures, enlarged)
            if self._dtype is torch.float32:
                return self._enlarge(frames)
        enlarged = enlarged.float().clamp_(0, 1).mul_(255.0).round_()
        result: Tensor = enlarged.to(torch.uint8).permute(0, 2, 3, 1).contiguous()
        return result

    def _check_half(self, pictures: Tensor, enlarged: Tensor) -> None:
        """Some GPUs give black or NaN frames in fp16: look at the first one, and go back to fp32."""
        self._is_checked = True
        difference = (enlarged.float().mean() - pictures.float().mean()).abs().item()
        if not np.isfinite(difference) or difference > 0.15:
            self._dtype = torch.float32
            self._network = self._network.to(dtype=torch.float32)
            self.engine = replace(self.engine, precision="fp32")

    def _device_name(self) -> str:
        return torch.cuda.get_device_name() if self._device.type == "cuda" else "cpu"
