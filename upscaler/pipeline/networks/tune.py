"""Find the fastest engine for a network on this machine: measured once, and cached.

A measurement is valid for one machine, one set of weights, one frame size and one set of versions; when any of them
changes, it is repeated.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.networks.backends.winograd_backend import open_winograd

from .backend import INT8, ONNX, OPENVINO, TORCH, WINOGRAD, Backend, Batch
from .builtin import NEAREST
from .hardware import cores, has_bf16, may_have_gpu, processor
from .optional_backends import is_installed, precisions
from .registry import open_backend
from .sample_picture import sample
from .speed_cache import Tuned, read, write
from .weights import Weights

VERSION = 2
"""Version of the measurement itself."""
PACKAGES = ("llvmlite", "numpy", "onnxruntime-gpu", "openvino", "torch")
MIN_SECONDS = 1.0
"""Duration of each measurement, after its first batch."""
MIN_DECIBELS = 50.0
"""Least PSNR against fp32. int8, which is used only on request, may have less."""


@dataclass(frozen=True)
class Choice:
    """A backend's name and a precision, as ``open_backend`` takes them."""

    backend: str
    precision: str


def open_tuned(
    weights: Weights, precision: str, size: tuple[int, int], store: Path | None
) -> tuple[Backend, Tuned | None]:
    """Open the network with the fastest engine for frames of ``size``, (width, height); returns its speed too.

    ``precision`` "auto" allows any; others are binding. Measurements are cached in the file ``store``, if given.
    Raises PipelineError as ``open_backend`` does.
    """
    if weights.architecture == NEAREST:
        return open_backend(weights, precision), None
    key = _key(weights, precision, size)
    cached = read(store).get(key)
    if cached is not None:
        return open_backend(weights, cached.precision, cached.backend), cached
    backend, measured = _quickest(weights, precision, size)
    measured = replace(measured, weights=weights.sha256, size=size)
    if store is not None:
        write(store, key, measured)
    return backend, measured


def choices(weights: Weights, precision: str) -> list[Choice]:
    """Return the engines to try on this machine, exact ones first. "int8" allows int8 besides all others."""
    if may_have_gpu():
        candidates = [Choice(TORCH, "fp32"), Choice(TORCH, "fp16"), *_optional_choices(ONNX)]
    else:
        # with torch in fp32, every network that our own convolutions support took 2.3 to 4.5 times as long
        exact = WINOGRAD if open_winograd(weights) else TORCH
        candidates = [
            Choice(exact, "fp32"),
            *([Choice(TORCH, "bf16")] if has_bf16() else []),
            *_optional_choices(OPENVINO),
        ]
    if precision == INT8:
        return [*candidates, Choice(OPENVINO, INT8)] if is_installed(OPENVINO) else [Choice("auto", INT8)]
    matching = [way for way in candidates if precision in ("auto", way.precision)]
    return matching or [Choice(TORCH, precision)]


def _optional_choices(extra: str) -> list[Choice]:
    """Return the engines of an optional backend, if it is installed."""
    return [Choice(extra, precision) for precision in precisions(extra)]


def _quickest(weights: Weights, precision: str, size: tuple[int, int]) -> tuple[Backend, Tuned]:
    frames = sample(size)
    share = frames.shape[1] * frames.shape[2] / (size[0] * size[1])
    exact: Batch | None = None
    best: tuple[Backend, Tuned] | None = None
    failed: PipelineError | None = None
    for way in choices(weights, precision):
        backend: Backend | None = None
        try:
            backend = open_backend(weights, way.precision, way.backend)
            batch = np.repeat(frames, backend.batch(*size), axis=0)
            enlarged = backend.upscale(batch)[:1]
            decibels = None if exact is None else psnr(exact, enlarged)
            exact = enlarged if exact is None else exact
            seconds = _seconds(backend, batch) / share
        except PipelineError as error:
            if backend is not None:
                backend.close()
            failed = failed or error
            continue
        too_far = decibels is not None and decibels < MIN_DECIBELS and way.precision != INT8
        if too_far or (best is not None and seconds >= best[1].seconds_a_frame):
            backend.close()
            continue
        if best is not None:
            best[0].close()
        engine = backend.engine
        best = backend, Tuned(engine.backend, engine.device, engine.precision, seconds, decibels)
    if best is None:
        assert failed is not None
        raise failed
    return best


def _seconds(backend: Backend, batch: Batch) -> float:
    """Measure the seconds per frame, after a first batch."""
    began, count = time.monotonic(), 0
    while time.monotonic() - began < MIN_SECONDS:
        backend.upscale(batch)
        count += len(batch)
    return (time.monotonic() - began) / count


def psnr(exact: Batch, other: Batch) -> float:
    """Return the PSNR in decibels; 100 for equal frames."""
    error = float(np.mean((exact.astype(np.float32) - other) ** 2))
    return 10 * float(np.log10(255**2 / error)) if error else 100.0


def _key(weights: Weights, precision: str, size: tuple[int, int]) -> str:
    conditions = {
        "version": VERSION,
        "packages": {name: _version(name) for name in PACKAGES},
        "processor": processor(),
        "cores": cores(),
        "gpu": _gpus(),
        "weights": weights.sha256,
        "precision": precision,
        "size": size,
    }
    return hashlib.sha256(json.dumps(conditions, sort_keys=True).encode()).hexdigest()


def _version(package: str) -> str:
    with suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version(package)
    return ""


def _gpus() -> list[str]:
    """Return the names of the GPUs that torch can use."""
    if not may_have_gpu():
        return []
    import torch

    return [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
