"""Tell whether a worker renders the same bits as the one that started a job, without loading a network."""

from __future__ import annotations

import importlib.metadata
from contextlib import suppress
from functools import cache

from upscaler.pipeline.programs import ffmpeg

from .backend import ONNX, OPENVINO, TORCH, WINOGRAD, Engine
from .hardware import device_name, may_have_gpu, vectors
from .optional_backends import is_installed

PACKAGES = {TORCH: ("torch",), OPENVINO: ("openvino",), ONNX: ("onnxruntime", "onnxruntime-gpu")}
"""Packages whose results change between versions. Our own convolutions' don't, nor with the width of vectors."""


def versions(backend: str, device: str) -> str:
    """Return the versions that a result's bits depend on besides its recipe and weights, such as "ffmpeg 5.1.9".

    They include the encoder's. Raises PipelineError without ffmpeg.
    """
    return "; ".join([_ffmpeg(), *_libraries(backend), *([vectors()] if _depends_on_vectors(backend, device) else [])])


def incompatibility(engine: Engine) -> str:
    """Return why this machine can't resume, bit for bit, what ``engine`` started, in a sentence; "" if it can."""
    started = f"Started with {engine.backend} in {engine.precision} on {engine.device}"
    if engine.backend in (OPENVINO, ONNX) and not is_installed(engine.backend):
        return f"{started}; {engine.backend} isn't installed on this machine."
    if engine.backend == TORCH and not _is_same_device(engine.device):
        return f"{started}; this machine would render with {device_name()}, and its frames would differ."
    if engine.versions and engine.versions != (ours := versions(engine.backend, engine.device)):
        return f"{started} ({engine.versions}); this machine has {ours}, and its frames might differ."
    return ""


def _is_same_device(device: str) -> bool:
    if device == "cpu" or not may_have_gpu():
        return (device == "cpu") != may_have_gpu()
    return device_name() in (device, "GPU")


@cache
def _ffmpeg() -> str:
    return f"ffmpeg {ffmpeg.version()}"


def _libraries(backend: str) -> list[str]:
    libraries = []
    for package in PACKAGES.get(backend, ()):
        with suppress(importlib.metadata.PackageNotFoundError):
            libraries.append(f"{package} {importlib.metadata.version(package)}")
    return libraries


def _depends_on_vectors(backend: str, device: str) -> bool:
    return device == "cpu" and backend not in (WINOGRAD, "nearest")
