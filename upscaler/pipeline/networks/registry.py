"""Which weights a name or a file means, and which backend runs them. To add a backend: a line."""

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
    """The weights of that name, or those in that file, converted into ``scratch``.

    Raises Refused if there is no such name or file, or if the file does not hold a network.
    """
    if name_or_file in BUILTIN:
        return BUILTIN[name_or_file]
    path = Path(name_or_file)
    if not path.is_file():
        raise Refused(
            f"There is no model called {name_or_file!r} and no such file; the models are: {', '.join(BUILTIN)}."
        )
    return convert(path, scratch / "weights.safetensors", name=path.stem)


def open_backend(weights: Weights, precision: str, backend: str = "auto") -> Backend:
    """Load a network. Torch is imported only where it is needed, so that the rest stays quick and small.

    ``backend`` is an Engine's, so that what was begun with it goes on alike, or "auto" for the quickest here. Raises
    PipelineError if this machine can't do what is asked.
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
                "int8 needs OpenVINO, which is not installed: .venv/bin/pip install -r requirements-openvino.txt",
                permanent=True,
            )
        backend = OPENVINO
    if backend in ("auto", TORCH):
        # Threads that wait at a barrier by spinning for long take the core that ffmpeg, or the other
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
        "This job was begun on a machine of another kind, and its pictures would differ here; "
        "let a worker like the first one go on, or start the job anew.",
        permanent=False,
    )
