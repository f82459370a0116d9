"""A network on OpenVINO: Intel's GPUs and processors. An optional extra: requirements-openvino.txt."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.jit._trace import TracerWarning

from ..errors import PipelineError
from .backend import OPENVINO, Batch, Engine
from .cores import has_bf16
from .weights import Weights, describe, read, verify_hash

PRECISIONS = {"fp32": "f32", "bf16": "bf16", "fp16": "f16"}
"""Ours, by OpenVINO's names."""


def ways_in() -> list[str]:
    """Precisions that are worth a trial here, for this machine has what makes them quick."""
    if any(name.startswith("GPU") for name in _quiet_openvino().Core().available_devices):
        return ["fp16"]
    return ["bf16"] if has_bf16() else []


def _quiet_openvino() -> ModuleType:
    """OpenVINO without openvino_telemetry, which would tell its makers of every network that is converted."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    module: ModuleType = openvino
    return module


class OpenVinoBackend:
    """Runs as many frames at once as OpenVINO finds best; "auto" is fp16 on a GPU, fp32 on a processor."""

    def __init__(self, weights: Weights, precision: str) -> None:
        self._openvino = _quiet_openvino()
        self._core = self._openvino.Core()
        devices: list[str] = self._core.available_devices
        self._device = next((name for name in devices if name.startswith("GPU")), "CPU")
        chosen = ("fp32" if self._device == "CPU" else "fp16") if precision == "auto" else precision
        if chosen not in PRECISIONS or chosen == ("fp16" if self._device == "CPU" else "bf16"):
            raise PipelineError(f"OpenVINO has no {chosen} on this machine's {self._device}; take auto or fp32.")
        network = describe(read(verify_hash(weights)))
        network.model.requires_grad_(False)
        self.scale = int(network.scale)
        self._network = _Bytes(network)
        self._precision = chosen
        self._size = (0, 0)
        self._queue: Any = None
        name: str = self._core.get_property(self._device, "FULL_DEVICE_NAME")
        self.engine = Engine(OPENVINO, "cpu" if self._device == "CPU" else name, chosen)

    def batch(self, width: int, height: int) -> int:
        return len(self._queue_for(height, width))

    def upscale(self, frames: Batch) -> Batch:
        count, height, width = frames.shape[:3]
        queue = self._queue_for(height, width)
        given = np.empty((count, height * self.scale, width * self.scale, 3), np.uint8)

        def done(request: Any, number: int) -> None:
            given[number] = request.get_output_tensor().data[0]

        queue.set_callback(done)
        try:
            for number in range(count):
                queue.start_async({0: np.ascontiguousarray(frames[number : number + 1])}, userdata=number)
            queue.wait_all()
        except RuntimeError as error:
            raise _trouble(error, width, height) from error
        return given

    def close(self) -> None:
        self._queue = None
        self._size = (0, 0)

    def _queue_for(self, height: int, width: int) -> Any:
        """The network, compiled for frames of one size, which is quicker than for any."""
        if self._queue is None or self._size != (height, width):
            self.close()
            example = torch.zeros((1, height, width, 3), dtype=torch.uint8)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", TracerWarning)  # of sizes, and there is only one here
                    model = self._openvino.convert_model(self._network, example_input=example)
                model.reshape({0: [1, height, width, 3]})
                compiled = self._core.compile_model(
                    model,
                    self._device,
                    {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": PRECISIONS[self._precision]},
                )
                self._queue = self._openvino.AsyncInferQueue(compiled)
            except RuntimeError as error:
                raise _trouble(error, width, height) from error
            self._size = (height, width)
        return self._queue


class _Bytes(torch.nn.Module):
    """A network from bytes to bytes, (n, h, w, 3) to (n, h * scale, w * scale, 3), rounded as RealESRGANer does."""

    def __init__(self, network: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self._network = network

    def forward(self, frames: Tensor) -> Tensor:
        pictures = frames.permute(0, 3, 1, 2).float() / 255.0
        enlarged = self._network(pictures).clamp(0, 1) * 255.0
        return enlarged.round().to(torch.uint8).permute(0, 2, 3, 1)


def _trouble(error: RuntimeError, width: int, height: int) -> PipelineError:
    return PipelineError(
        f"OpenVINO can't run this network on frames of {width} by {height}; "
        "choose another precision, a smaller network, or uninstall openvino to do without it.",
        detail=str(error),
    )
