"""A network on torch: CPU or CUDA.

The lines that only a GPU runs are those marked "CUDA only"; everything else is one path, so that
the tests on a CPU walk it too.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import PipelineError
from . import activations, winograd
from .backend import Batch, Engine
from .heap import keep_heap, memory_bytes
from .weights import Weights, describe, read, verify_hash

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
TORCH, NNPACK = "torch", "torch-nnpack"
"""The backends: by the direct way, and by winograd.py."""
MOST_LANES = 16
MOST_BYTES = 4 * 1024**3
"""What the activations of all lanes may take, on a machine that has four times as much."""
ALIVE = 3
"""Times the largest layer's input and output: what else is there at the time, and what its convolution wants."""
THREADS = torch.get_num_threads()
"""As torch finds them, before anyone changes it."""


def pick_device() -> torch.device:
    """The GPU if there is one that torch can use, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def pick_precision(device: torch.device) -> str:
    """fp16 on a GPU; bf16 on a CPU that has it in hardware; else fp32."""
    if device.type == "cuda":
        return "fp16"
    return "bf16" if _cpu_has_bf16() else "fp32"


def _cpu_has_bf16() -> bool:
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


class TorchBackend:
    """Loads weights and runs them. ``precision`` is "auto", "fp32", "bf16" or "fp16"; ``backend`` "auto" or ours.

    On a CPU, frames go through side by side, each in a lane with its share of the cores: threads that work on one
    frame wait for each other after every layer, and for whatever else takes a core from one of them.
    """

    def __init__(self, weights: Weights, precision: str, backend: str = "auto") -> None:
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
        self._by_nnpack: Any = None
        self._backend = backend
        self._check_backend(chosen)
        self._is_checked = chosen != "fp16"
        self.scale = int(network.scale)
        self._pixel_bytes = activations.bytes_a_pixel(self._network.model, self._device, self._dtype) * ALIVE
        self.engine = Engine(TORCH, self._device_name(), chosen)
        self._lanes = 0
        self._pool: ThreadPoolExecutor | None = None

    def batch(self, width: int, height: int) -> int:
        if self._device.type == "cuda":
            return 1
        room = min(MOST_BYTES, memory_bytes() // 4) // (width * height * self._pixel_bytes)
        return max(1, min(THREADS, MOST_LANES, room))

    def upscale(self, frames: Batch) -> Batch:
        lanes = self.batch(frames.shape[2], frames.shape[1])
        network = self._pick_network(lanes)
        # NNPACK makes its threads when it is called first, and keeps them: each lane is one
        self._open_lanes(lanes, 1 if network is self._by_nnpack else max(1, THREADS // lanes))
        if self._pool is None:
            return self._run(network, frames)
        each = np.split(frames, len(frames))
        return np.concatenate(list(self._pool.map(lambda one: self._run(network, one), each)))

    def close(self) -> None:
        self._close_lanes()
        torch.set_num_threads(THREADS)
        del self._network
        self._by_nnpack = None
        if self._device.type == "cuda":
            torch.cuda.empty_cache()  # CUDA only

    def _check_backend(self, precision: str) -> None:
        """Raises PipelineError when a job was begun with NNPACK, and this processor can't."""
        if self._backend == NNPACK and not (self._is_exact_cpu(precision) and winograd.is_possible()):
            raise PipelineError(
                "This job was begun on a processor of another kind, and its pictures would differ here; "
                "let a worker like the first one go on, or start the job anew.",
                permanent=False,
            )

    def _is_exact_cpu(self, precision: str) -> bool:
        return self._device.type == "cpu" and precision == "fp32"

    def _pick_network(self, lanes: int) -> Any:
        """The one with Winograd's convolutions where it is the quicker: NNPACK has one thread a lane."""
        is_quicker = lanes == THREADS and self._is_exact_cpu(self.engine.precision) and winograd.is_quicker()
        uses_it = self._backend == NNPACK or (self._backend == "auto" and is_quicker)
        self.engine = replace(self.engine, backend=NNPACK if uses_it else TORCH)
        if not uses_it:
            return self._network
        if self._by_nnpack is None:
            self._by_nnpack = deepcopy(self._network)
            winograd.convert(self._by_nnpack.model.to(memory_format=torch.contiguous_format))
        return self._by_nnpack

    def _open_lanes(self, lanes: int, threads: int) -> None:
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        if self._lanes != lanes:
            self._close_lanes()
            self._pool = ThreadPoolExecutor(lanes, thread_name_prefix="lane") if lanes > 1 else None
            self._lanes = lanes

    def _close_lanes(self) -> None:
        if self._pool is not None:
            self._pool.shutdown()
        self._pool, self._lanes = None, 0

    def _run(self, network: Any, frames: Batch) -> Batch:
        """(n, h, w, 3) through the network in the calling thread."""
        try:
            with torch.inference_mode():
                enlarged = self._enlarge(network, torch.from_numpy(frames).to(self._device))
        except torch.OutOfMemoryError as error:  # CUDA only
            raise PipelineError(
                "The GPU ran out of memory at this frame size; choose a smaller network or close other programs.",
                detail=str(error),
            ) from error
        result: Batch = enlarged.cpu().numpy()
        return result

    def _enlarge(self, network: Any, frames: Tensor) -> Tensor:
        """(n, h, w, 3) uint8 to (n, h * scale, w * scale, 3) uint8.

        Rounds as RealESRGANer does: clamp to 0..1, times 255, to the nearest.
        """
        # one layout, whatever that of the frames: torch picks its kernels by it, and their last bits differ
        layout = torch.contiguous_format if network is self._by_nnpack else torch.channels_last
        count, height, width, channels = frames.shape
        shape = (count, channels, height, width)
        pictures = torch.empty(shape, dtype=self._dtype, device=self._device, memory_format=layout)
        pictures.copy_(frames.permute(0, 3, 1, 2)).div_(255.0)
        enlarged = network(pictures)
        if not self._is_checked:
            self._check_half(pictures, enlarged)
            if self._dtype is torch.float32:
                return self._enlarge(network, frames)
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
