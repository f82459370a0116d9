"""Measure how fast a network runs here, for its card."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import numpy as np

from upscaler.pipeline.networks.hardware import device_name
from upscaler.pipeline.networks.registry import open_backend
from upscaler.pipeline.networks.weights import Weights, describe, read, sha256_of

from .card import Speed

ROUNDS = 5
"""Measured batches; their median counts, after one that isn't measured."""


def measure_speed(path: Path, width: int = 320, height: int = 240, *, precision: str = "auto") -> Speed:
    """Return the time that the weights in a file take for a frame of this size, on the backend that a job would use.

    On a busy machine it is longer. Raises Refused for a file that holds no network, and PipelineError if this machine
    can't run it.
    """
    network = describe(read(path))
    weights = Weights(path.stem, path, sha256_of(path), network.architecture.name, network.scale)
    backend = open_backend(weights, precision)
    try:
        count = backend.batch(width, height)
        frames = np.random.default_rng(1).integers(0, 256, (count, height, width, 3)).astype(np.uint8)
        backend.upscale(frames)
        seconds = []
        for _ in range(ROUNDS):
            before = time.monotonic()
            backend.upscale(frames)
            seconds.append((time.monotonic() - before) / count)
        engine = backend.engine
    finally:
        backend.close()
    return Speed(
        statistics.median(seconds), f"{width}x{height}", device_name(), f"{engine.precision} ({engine.backend})"
    )
