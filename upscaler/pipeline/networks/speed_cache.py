"""Speeds of networks on this machine, measured by tune.py and cached in a file. Cheap to import, for the web."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from upscaler.pipeline.planning.plan import Plan

from .hardware import cores, may_have_gpu
from .weights import Weights

OTHER_SECONDS_PER_MEGAPIXEL = 0.065
"""CPU seconds per output megapixel for everything but the network, which on a CPU waits meanwhile.
(0.08 for 1280x960, H.264; benchmarks/RESULTS.md)"""
GUESSED_CORE_FLOPS, GUESSED_GPU_FLOPS = 1e11, 1e13
"""Estimates for a low-end machine, used before the first measurement."""


@dataclass(frozen=True)
class Tuned:
    """The fastest engine. ``decibels``: PSNR against fp32, None for fp32 itself."""

    backend: str
    device: str
    precision: str
    seconds_a_frame: float
    decibels: float | None = None
    weights: str = ""
    """SHA-256 of the measured weights."""
    size: tuple[int, ...] = ()
    """(width, height) of the measured frames."""

    def in_words(self, plan: Plan) -> str:
        """Describe a job's speed on this machine, and its duration."""
        seconds = self.seconds(plan)
        way = self.precision if self.decibels is None else f"{self.precision}, {self.decibels:.0f} dB PSNR"
        return f"This machine renders {plan.frame_count / seconds:.3g} frames per second ({way}): {about(seconds)}."

    def seconds(self, plan: Plan) -> float:
        """Return the seconds for all frames of a plan, encoding included."""
        network = self.seconds_a_frame * plan.network_frames
        other_seconds = (
            OTHER_SECONDS_PER_MEGAPIXEL * plan.frame_count * plan.network.width * plan.network.height / 1e6 / cores()
        )
        return network + other_seconds if self.device == "cpu" else max(network, other_seconds)


def expected(weights: Weights, plan: Plan, store: Path | None) -> float:
    """Return the seconds per frame of a plan on this machine, everything included: measured, or estimated."""
    size = (plan.source.width, plan.source.height)
    measured = [each for each in read(store).values() if (each.weights, each.size) == (weights.sha256, size)]
    return (measured[-1] if measured else _guessed(weights, plan)).seconds(plan) / plan.frame_count


def _guessed(weights: Weights, plan: Plan) -> Tuned:
    """Estimate: each parameter is used about once per source pixel, and takes two or four bytes of the file."""
    parameters = weights.path.stat().st_size / 2 if weights.path and weights.path.is_file() else 0
    flops = 2 * parameters * plan.source.width * plan.source.height
    if may_have_gpu():
        return Tuned("", "gpu", "", flops / GUESSED_GPU_FLOPS)
    return Tuned("", "cpu", "", flops / GUESSED_CORE_FLOPS / cores())


def about(seconds: float) -> str:
    """Format an estimated duration."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} seconds" if seconds >= 1.5 else "about a second"
    if seconds < 90 * 60:
        return f"about {round(seconds / 60)} minutes"
    return f"about {round(seconds / 3600)} hours"


def read(store: Path | None) -> dict[str, Tuned]:
    """Return all measurements, latest last; none if the file is damaged, since they can be repeated."""
    if store is None:
        return {}
    try:
        cached: dict[str, Any] = json.loads(store.read_text())
        return {key: Tuned(**values | {"size": tuple(values.get("size", ()))}) for key, values in cached.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def write(store: Path, key: str, tuned: Tuned) -> None:
    """Add a measurement to the file, atomically. Without write access, it is measured again next time."""
    entries = {name: asdict(each) for name, each in read(store).items() if name != key} | {key: asdict(tuned)}
    with suppress(OSError):
        store.parent.mkdir(parents=True, exist_ok=True)
        written = store.with_name(f".{store.name}-{os.getpid()}")
        written.write_text(json.dumps(entries, indent=2))
        written.replace(store)
