"""Find weights by name or file, and open the backend that runs them. To add a backend, add a branch."""

from __future__ import annotations

import os
from pathlib import Path

from upscaler.pipeline.core.errors import PipelineError, Refused

from .backend import INT8, ONNX, OPENVINO, TORCH, WINOGRAD, Backend
from .builtin import BUILTIN, DEFAULT, NEAREST
from .hardware import may_have_gpu
from .optional_backends import is_installed
from .weights import Weights
from .weights_check import convert

__all__ = ["BUILTIN", "DEFAULT", "NEAREST", "find", "open_backend"]


def find(name_or_file: str, scratch: Path) -> Weights:
    """Return the built-in weights of that name, or those in that file, converted into ``scratch``.

    Raises Refused if there is no such name or file, or if the file does not hold a network.
    """
    if name_or_file in BUILTIN:
        return BUILTIN[name_or_file]
    path = Path(name_or_file)
    if not path.is_file():
        raise Refused(f"There is no model or file called {name_or_file!r}. The models are: {', '.join(BUILTIN)}.")
    return convert(path, scratch / "weights.safetensors", name=path.stem)


def open_backend(weights: Weights, precision: str, backend: str = "auto") -> Backend:
    """Load a network. Torch is imported only where it is needed, so that the rest stays quick and small.

    ``backend`` is that of the Engine that started a job, or "auto" for the fastest here. Raises PipelineError if this
    machine can't run it.
    """
    if weights.architecture == NEAREST:
        from upscaler.pipeline.networks.backends.nearest import NearestBackend

        return NearestBackend(weights.scale)
    is_wanted = backend == WINOGRAD or (backend == "auto" and not may_have_gpu())
    if is_wanted and precision in ("auto", "fp32"):
        from upscaler.pipeline.networks.backends.winograd_backend import open_winograd

        if quick := open_winograd(weights):
            return quick
    if backend == "auto" and precision == INT8:
        if not is_installed(OPENVINO):
            raise PipelineError(
                "int8 needs OpenVINO, which isn't installed: .venv/bin/pip install -r requirements-openvino.txt",
                permanent=True,
            )
        backend = OPENVINO
    if backend in ("auto", TORCH):
        # Threads that spin for long at a barrier take the core that ffmpeg, or the other
        # thread, needs: beside one busy process RRDBNet took 16 s for a frame of 64x48, and 1.7 s without.
        # A short spin is as quick alone. libgomp reads it when it is loaded: before torch's first import.
        os.environ.setdefault("GOMP_SPINCOUNT", "20000")
        from upscaler.pipeline.networks.backends.torch_backend import TorchBackend

        return TorchBackend(weights, precision)
    if backend == OPENVINO and is_installed(OPENVINO):
        from upscaler.pipeline.networks.backends.openvino_backend import OpenVinoBackend

        return OpenVinoBackend(weights, precision)
    if backend == ONNX and is_installed(ONNX):
        from upscaler.pipeline.networks.backends.onnx_backend import OnnxBackend

        return OnnxBackend(weights, precision)
    raise PipelineError(
        "This job was started on a different kind of machine, and its frames would differ here. "
        "Resume it on a worker like that one, or start a new job.",
        permanent=False,
    )
