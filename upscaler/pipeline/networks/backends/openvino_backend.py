"""A network on OpenVINO: Intel's GPUs and processors. An optional extra: requirements-openvino.txt."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from typing import Any

import numpy as np

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.networks.backend import INT8, OPENVINO, Batch, Engine
from upscaler.pipeline.networks.optional_backends import openvino_gpu, quiet_openvino
from upscaler.pipeline.networks.sample_picture import sample
from upscaler.pipeline.networks.weights import Weights

from .traced_module import TracedNetwork, example, unsupported

PRECISIONS = {"fp32": "f32", "bf16": "bf16", "fp16": "f16", INT8: "f32"}
"""OpenVINO's names by precision."""
CALIBRATED_SIZE = (160, 120)
"""(width, height) of the picture that calibrates int8."""


class OpenVinoBackend:
    """Runs as many frames at once as OpenVINO recommends; "auto" is fp16 on a GPU, fp32 on a CPU."""

    def __init__(self, weights: Weights, precision: str) -> None:
        self._openvino = quiet_openvino()
        self._core = self._openvino.Core()
        self._device = openvino_gpu() or "CPU"
        if precision not in ("auto", *PRECISIONS) or precision == ("fp16" if self._device == "CPU" else "bf16"):
            raise PipelineError(
                f"OpenVINO doesn't support {precision} on this machine's {self._device}. Choose auto or fp32.",
                permanent=True,
            )
        self._network = TracedNetwork(weights)
        self.scale = self._network.scale
        chosen = self._network.resolved_precision(precision, best="fp32" if self._device == "CPU" else "fp16")
        self._precision = chosen
        self._size = (0, 0)
        self._requests: list[Any] = []
        self._int8: Any = None
        name: str = self._core.get_property(self._device, "FULL_DEVICE_NAME")
        self.engine = Engine(OPENVINO, "cpu" if self._device == "CPU" else name, chosen)

    def batch(self, width: int, height: int) -> int:
        return len(self._requests_for(height, width))

    def upscale(self, frames: Batch) -> Batch:
        count, height, width = frames.shape[:3]
        requests = self._requests_for(height, width)
        given = np.empty((count, height * self.scale, width * self.scale, 3), np.uint8)
        try:
            for start in range(0, count, len(requests)):
                started = list(zip(requests, range(start, count), strict=False))
                for request, number in started:
                    request.start_async({0: np.ascontiguousarray(frames[number : number + 1])})
                for request, number in started:
                    request.wait()
                    given[number] = request.get_output_tensor().data[0]
        except RuntimeError as error:
            raise unsupported("OpenVINO", "openvino", (width, height), error) from error
        return given

    def close(self) -> None:
        self._requests = []
        self._size = (0, 0)

    def _converted(self, height: int, width: int) -> Any:
        if self._precision != INT8:
            return self._openvino.convert_model(self._network, example_input=example(height, width))
        if self._int8 is None:
            size = CALIBRATED_SIZE[::-1]
            self._int8 = _quantized(self._openvino.convert_model(self._network, example_input=example(*size)))
        return self._int8

    def _requests_for(self, height: int, width: int) -> list[Any]:
        """Return one request per parallel frame, compiled for one frame size, which is faster than a dynamic one.

        They have no callbacks, and AsyncInferQueue, which sets some, isn't used: OpenVINO's threads would take
        the GIL, and freeing the network holds the GIL while it waits for them
        (https://github.com/openvinotoolkit/openvino/pull/37073 fixes it for the queue alone).
        """
        if not self._requests or self._size != (height, width):
            self.close()
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # about varying sizes; here there is only one
                    model = self._converted(height, width)
                model.reshape({0: [1, height, width, 3]})
                compiled = self._core.compile_model(
                    model,
                    self._device,
                    {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": PRECISIONS[self._precision]},
                )
                count = int(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
                self._requests = [compiled.create_infer_request() for _ in range(max(1, count))]
            except RuntimeError as error:
                raise unsupported("OpenVINO", "openvino", (width, height), error) from error
            self._size = (height, width)
        return self._requests


def _quantized(model: Any) -> Any:
    """Quantise to int8, calibrated by one fixed picture, so that all segments of a job are alike."""
    import nncf

    nncf.set_log_level(logging.ERROR)
    with contextlib.redirect_stdout(io.StringIO()):  # its progress bars
        return nncf.quantize(model, nncf.Dataset([sample(CALIBRATED_SIZE)]), subset_size=1)
