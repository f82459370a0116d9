"""A network on torch: CPU, CUDA or Apple's MPS.

Lines that only a GPU runs are marked "CUDA only" and "MPS only"; everything else is one path, which tests on a CPU
cover too.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.networks.backend import TORCH, Batch, Engine
from upscaler.pipeline.networks.hardware import has_bf16
from upscaler.pipeline.networks.receptive_field import receptive_field_radius
from upscaler.pipeline.networks.tiles import Tiling
from upscaler.pipeline.networks.weights import DOES_NOT_RUN, Weights, describe, read, resolved_precision, verify_hash

from .malloc import keep_freed_memory
from .worker_pool import WorkerPool

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
GPU_WORKERS = 2
"""Parallel batches on a GPU: while one is computed, the one before it is copied back."""
PIXELS_AT_ONCE = 640 * 480
"""On a GPU, smaller frames are batched, since one alone wouldn't fill it."""
MAX_AT_ONCE = 8
CONVOLUTIONAL = ("RealESRGAN Compact", "ESRGAN")
"""Architectures, by spandrel's names, that can process a frame in tiles."""
NO_MEMORY = "DefaultCPUAllocator"
"""Part of torch's message when a CPU's memory is full, for which torch has no exception class."""


def pick_device() -> torch.device:
    """Return the GPU if torch can use one, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def pick_precision(device: torch.device) -> str:
    """Return fp16 for a GPU, bf16 for a CPU with hardware support, else fp32."""
    if device.type != "cpu":
        return "fp16"
    return "bf16" if has_bf16() else "fp32"


class TorchBackend:
    """Loads weights and runs them. ``precision`` is "auto", "fp32", "bf16" or "fp16".

    Where memory runs out, it processes fewer frames at once, then single frames in tiles.
    """

    def __init__(self, weights: Weights, precision: str) -> None:
        self._device = pick_device()
        if self._device.type == "cpu":
            keep_freed_memory()
        if precision == "fp16" and self._device.type == "cpu":
            raise PipelineError("fp16 needs a GPU. On a CPU, choose auto, fp32 or bf16.", permanent=True)
        network = describe(read(verify_hash(weights)))
        chosen = resolved_precision(network, precision, pick_precision(self._device))
        self._dtype = DTYPES[chosen]
        network.model.to(memory_format=torch.channels_last)
        self._can_be_cut = network.architecture.name in CONVOLUTIONAL
        self._network = network.to(device=self._device, dtype=self._dtype)
        self._is_checked = chosen != "fp16"
        self._has_worked = False
        self._at_once = MAX_AT_ONCE
        self._tiling: Tiling | None = None
        self._worker_count = GPU_WORKERS if self._device.type == "cuda" else 1
        self._pool = WorkerPool([_DeviceStream(self._device) for _ in range(self._worker_count)])
        self.scale = int(network.scale)
        self.engine = Engine(TORCH, self._device_name(), chosen)

    def batch(self, width: int, height: int) -> int:
        if self._device.type == "cpu":
            return 1
        return self._worker_count * max(1, min(self._at_once, PIXELS_AT_ONCE // (width * height)))

    def upscale(self, frames: Batch) -> Batch:
        while True:
            try:
                enlarged = self._upscale(frames)
            except (RuntimeError, TypeError) as error:
                is_full = isinstance(error, torch.OutOfMemoryError) or NO_MEMORY in str(error)
                detail = str(error)
            else:
                self._has_worked = True
                return enlarged
            # after the handler, whose traceback holds the tensors that filled the memory
            if not is_full:
                raise self._failure(frames, detail)
            self._take_less(frames, detail)

    def close(self) -> None:
        self._pool.close()
        del self._network
        self._give_memory_back()

    def _upscale(self, frames: Batch) -> Batch:
        """Upscale in portions, spread over the workers."""
        count, height, width = frames.shape[:3]
        each = max(1, min(self._at_once, -(-count // self._worker_count)))
        given = np.empty((count, height * self.scale, width * self.scale, 3), np.uint8)
        if not self._is_checked:
            self._check_half(frames[:1])

        def run(stream: _DeviceStream, start: int) -> None:
            given[start : start + each] = self._portion(stream, frames[start : start + each])

        self._pool.run(run, range(0, count, each))
        return given

    def _portion(self, stream: _DeviceStream, frames: Batch) -> Batch:
        tiling = self._tiling
        with torch.inference_mode(), stream.stream():
            if tiling is None or (tiling.height, tiling.width) != frames.shape[1:3]:
                return stream.fetched(self._enlarged(stream.sent(frames)))
            return tiling.run(lambda part: stream.fetched(self._enlarged(stream.sent(part))), frames, self.scale)

    def _failure(self, frames: Batch, detail: str) -> PipelineError:
        """Return the error. Architectures that mix precisions fail only with the first frame."""
        if self._dtype != torch.float32 and not self._has_worked:
            sentence = DOES_NOT_RUN.format(self.engine.precision)
        else:
            height, width = frames.shape[1:3]
            sentence = f"The model failed on a frame of {width}x{height}. Try again, or choose another model."
        return PipelineError(sentence, permanent=False, detail=detail)

    def _take_less(self, frames: Batch, detail: str) -> None:
        """Halve the frames at once, or use more tiles. Raises PipelineError where neither is possible."""
        self._give_memory_back()
        count, height, width = frames.shape[:3]
        if (each := min(self._at_once, -(-count // self._worker_count))) > 1:
            self._at_once = each // 2
            return
        tiling = self._tiling
        if tiling is None or (tiling.height, tiling.width) != (height, width):
            radius = receptive_field_radius(self._network, self._device, self._dtype) if self._can_be_cut else None
            tiling = None if radius is None else Tiling(height, width, radius)
        finer = tiling.finer() if tiling else None
        if finer is None:
            raise PipelineError(
                f"The {'processor' if self._device.type == 'cpu' else 'GPU'} ran out of memory at {width}x{height}, "
                "and this model can't process such a frame in tiles. Choose a smaller model or a smaller frame, "
                "or close other programs.",
                permanent=True,
                detail=detail,
            )
        self._tiling = finer

    def _give_memory_back(self) -> None:
        if self._device.type == "cuda":
            torch.cuda.empty_cache()  # CUDA only
        elif self._device.type == "mps":
            torch.mps.empty_cache()  # MPS only

    def _enlarged(self, frames: Tensor) -> Tensor:
        """(n, h, w, 3) uint8 to (n, h * scale, w * scale, 3) uint8, on the device.

        Rounds as RealESRGANer does: clamp to 0..1, times 255, to the nearest.
        """
        enlarged = self._network(self._pictures(frames)).float().clamp_(0, 1).mul_(255.0).round_()
        result: Tensor = enlarged.to(torch.uint8).permute(0, 2, 3, 1).contiguous()
        return result

    def _pictures(self, frames: Tensor) -> Tensor:
        """Convert to (n, 3, h, w), 0 to 1, in a fixed memory layout: torch picks its kernels by it, and their last bits
        differ."""
        count, height, width, channels = frames.shape
        shape = (count, channels, height, width)
        pictures = torch.empty(shape, dtype=self._dtype, device=self._device, memory_format=torch.channels_last)
        return pictures.copy_(frames.permute(0, 3, 1, 2)).div_(255.0)

    def _check_half(self, frames: Batch) -> None:
        """Fall back to fp32 if the first frame is wrong: some GPUs return black or NaN frames in fp16."""
        with torch.inference_mode():
            pictures = self._pictures(torch.from_numpy(frames).to(self._device))
            difference = (self._network(pictures).float().mean() - pictures.float().mean()).abs().item()
        self._is_checked = True
        if not np.isfinite(difference) or difference > 0.15:
            self._dtype = torch.float32
            self._network = self._network.to(dtype=torch.float32)
            if self._device.type == "cuda":
                torch.cuda.synchronize()  # CUDA only: the workers' streams don't wait for this one
            self.engine = replace(self.engine, precision="fp32")

    def _device_name(self) -> str:
        return torch.cuda.get_device_name() if self._device.type == "cuda" else self._device.type


class _DeviceStream:
    """Copies of one thread to the device and back. On CUDA it has its own stream, so that copies and work overlap."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._is_cuda = device.type == "cuda"
        self._stream = torch.cuda.Stream(device) if self._is_cuda else None  # type: ignore[no-untyped-call]  # CUDA only

    def stream(self) -> contextlib.AbstractContextManager[object]:
        """Return a context in which CUDA work is queued on this stream."""
        return torch.cuda.stream(self._stream) if self._stream is not None else contextlib.nullcontext()

    def sent(self, frames: Batch) -> Tensor:
        """Copy frames to the device, as bytes."""
        given = torch.from_numpy(np.ascontiguousarray(frames))
        if self._is_cuda:
            return given.pin_memory().to(self._device, non_blocking=True)  # CUDA only
        return given.to(self._device)

    def fetched(self, enlarged: Tensor) -> Batch:
        """Copy frames back from the device."""
        if self._stream is None:
            return np.asarray(enlarged.cpu().numpy(), np.uint8)
        pinned = torch.empty(enlarged.shape, dtype=enlarged.dtype, pin_memory=True)  # CUDA only
        pinned.copy_(enlarged, non_blocking=True)  # CUDA only
        self._stream.synchronize()  # CUDA only
        return np.asarray(pinned.numpy(), np.uint8)
