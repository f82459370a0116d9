"""Would a worker make the same bits as the one that began a job? Asked without loading a network."""

from __future__ import annotations

import importlib.metadata
from contextlib import suppress
from functools import cache

from upscaler.pipeline.programs import ffmpeg

from .backend import ONNX, OPENVINO, TORCH, WINOGRAD, Engine
from .hardware import device_name, may_have_gpu, vectors
from .optional_backends import is_installed

PACKAGES = {TORCH: ("torch",), OPENVINO: ("openvino",), ONNX: ("onnxruntime", "onnxruntime-gpu")}
"""Whose sums are not the same from one version to the next. Our own convolutions' are, and for any width of vectors."""


def versions(backend: str, device: str) -> str:
    """Of what the bits of a result depend on besides its recipe and weights, such as "ffmpeg 5.1.9".

    The encoder counts as well as the network. Raises PipelineError without ffmpeg.
    """
    return "; ".join([_ffmpeg(), *_libraries(backend), *([vectors()] if _asks_vectors(backend, device) else [])])


def incompatibility(engine: Engine) -> str:
    """Why this machine can't go on with what ``engine`` began, bit for bit, in a sentence; "" if it can."""
    begun = f"It was begun with {engine.backend} in {engine.precision} on {engine.device}"
    if engine.backend in (OPENVINO, ONNX) and not is_installed(engine.backend):
        return f"{begun}, which is not installed here."
    if engine.backend == TORCH and not _is_same_device(engine.device):
        return f"{begun}, and this machine's pictures would come from {device_name()}."
    if engine.versions and engine.versions != (ours := versions(engine.backend, engine.device)):
        return f"{begun} ({engine.versions}); here it is {ours}, and pictures might differ."
    return ""


def _is_same_device(device: str) -> bool:
    if device == "cpu" or not may_have_gpu():
        return (device == "cpu") != may_have_gpu()
    return device_name() in (device, "GPU")


@cache
def _ffmpeg() -> str:
    return f"ffmpeg {ffmpeg.version()}"


def _libraries(backend: str) -> list[str]:
    found = []
    for package in PACKAGES.get(backend, ()):
        with suppress(importlib.metadata.PackageNotFoundError):
            found.append(f"{package} {importlib.metadata.version(package)}")
    return found


def _asks_vectors(backend: str, device: str) -> bool:
    return device == "cpu" and backend not in (WINOGRAD, "nearest")
