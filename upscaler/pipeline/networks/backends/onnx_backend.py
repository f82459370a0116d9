"""A network on ONNX Runtime: TensorRT on NVIDIA's GPUs. An optional extra: requirements-tensorrt.txt.

Its CPU provider is only for tests of the export: all other backends are faster on a CPU.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.networks.backend import ONNX, Batch, Engine
from upscaler.pipeline.networks.optional_backends import TENSORRT, has_tensorrt
from upscaler.pipeline.networks.weights import Weights

from .traced_module import TracedNetwork, example, unsupported

CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"


class OnnxBackend:
    """Exports the network for each frame size, and runs one frame after another."""

    def __init__(self, weights: Weights, precision: str) -> None:
        import onnxruntime

        self._runtime = onnxruntime
        self._has_gpu = has_tensorrt()
        if precision not in ("auto", "fp32", "fp16") or (precision == "fp16" and not self._has_gpu):
            raise PipelineError(
                f"ONNX Runtime doesn't support {precision} on this machine. Choose auto or fp32.", permanent=True
            )
        self._network = TracedNetwork(weights)
        self._precision = chosen = self._network.resolved_precision(precision, best="fp16" if self._has_gpu else "fp32")
        self._size = (0, 0)
        self._session: Any = None
        self.scale = self._network.scale
        self.engine = Engine(ONNX, torch.cuda.get_device_name() if self._has_gpu else "cpu", chosen)

    def batch(self, width: int, height: int) -> int:
        return 1

    def upscale(self, frames: Batch) -> Batch:
        count, height, width = frames.shape[:3]
        session = self._session_for(height, width)
        given = np.empty((count, height * self.scale, width * self.scale, 3), np.uint8)
        name = session.get_inputs()[0].name
        for number in range(count):
            try:
                given[number] = session.run(None, {name: np.ascontiguousarray(frames[number : number + 1])})[0][0]
            except self._runtime.capi.onnxruntime_pybind11_state.RuntimeException as error:
                raise unsupported("ONNX Runtime", "onnxruntime", (width, height), error) from error
        return given

    def close(self) -> None:
        self._session = None
        self._size = (0, 0)

    def _session_for(self, height: int, width: int) -> Any:
        if self._session is None or self._size != (height, width):
            self.close()
            try:
                self._session = self._runtime.InferenceSession(
                    self._exported(height, width), providers=self._providers()
                )
            except (RuntimeError, torch.onnx.OnnxExporterError) as error:
                raise unsupported("ONNX Runtime", "onnxruntime", (width, height), error) from error
            self._size = (height, width)
        return self._session

    def _providers(self) -> list[Any]:
        if not self._has_gpu:
            return [CPU]
        return [(TENSORRT, {"trt_fp16_enable": self._precision == "fp16"}), CUDA, CPU]  # CUDA only

    def _exported(self, height: int, width: int) -> bytes:
        """Return an ONNX model for frames of this size."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(self._network.eval(), (example(height, width),), dynamo=True, verbose=False)
        assert program is not None
        model: bytes = program.model_proto.SerializeToString()
        return model
