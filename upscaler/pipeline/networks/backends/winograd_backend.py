"""Networks with our own convolutions, on CPUs with wide vectors, in fp32, without torch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.networks.backend import WINOGRAD, Batch, Engine
from upscaler.pipeline.networks.hardware import cores, memory_bytes
from upscaler.pipeline.networks.weights import Weights, verify_hash
from upscaler.pipeline.networks.winograd import compact, native, rrdb
from upscaler.pipeline.networks.winograd.emitter import Target
from upscaler.pipeline.networks.winograd.layers import Tensors
from upscaler.pipeline.networks.winograd.program import Plan, Program, Workspace

from .malloc import return_freed_memory
from .worker_pool import WorkerPool

MAX_BYTES = 4 * 1024**3
"""Memory for the frames in progress, on a machine with four times as much."""
MAX_SHARE = 0.9
"""Largest share of the machine's memory for a single frame."""

Planner = Callable[[Target, int, int], Plan]
"""(processor, height, width of frames) -> plan."""


def open_winograd(weights: Weights) -> WinogradBackend | None:
    """Open a network; None if this processor has no wide vectors, or the network isn't supported.

    Raises PipelineError if the file's SHA-256 doesn't match.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    target = native.this_target()
    if target is None:
        return None
    path = verify_hash(weights)
    try:
        plan = _planner(load_file(path), weights)
    except (SafetensorError, KeyError, ValueError, TypeError):  # another architecture, or a type that numpy lacks
        return None
    return WinogradBackend(plan, target, weights.scale) if plan else None


def _planner(tensors: Tensors, weights: Weights) -> Planner | None:
    scale = weights.scale
    if weights.architecture == "RealESRGAN Compact":
        layers = compact.layers(tensors)
        return lambda target, height, width: compact.plan(layers, scale, target, height, width)
    if weights.architecture == "ESRGAN" and scale in (1, 2, 4):
        network = rrdb.layers(tensors)
        return lambda target, height, width: rrdb.plan(network, scale, target, height, width)
    return None


class WinogradBackend:
    """Runs one frame per core: threads that share a frame would wait for each other after every layer."""

    def __init__(self, make_plan: Planner, target: Target, scale: int) -> None:
        return_freed_memory()
        self._make_plan = make_plan
        self._target = target
        self._size = (0, 0)
        self._plan: Plan | None = None
        self._pool: WorkerPool[Workspace] | None = None
        self.scale = scale
        self.engine = Engine(WINOGRAD, "cpu", "fp32")

    def batch(self, width: int, height: int) -> int:
        fitting = min(MAX_BYTES, memory_bytes() // 4) // self._plan_for(height, width).bytes
        return max(1, min(cores(), fitting))

    def upscale(self, frames: Batch) -> Batch:
        height, width = frames.shape[1:3]
        plan = self._plan_for(height, width)
        if self._pool is None:
            self._check_memory(plan)
            program = Program(plan, self._target)
            self._pool = WorkerPool([program.workspace() for _ in range(self.batch(width, height))])
        given = np.empty((len(frames), height * self.scale, width * self.scale, 3), np.uint8)
        self._pool.run(lambda workspace, pair: workspace.run(*pair), zip(frames, given, strict=True))
        return given

    def _check_memory(self, plan: Plan) -> None:
        """Raise PipelineError for a frame that needs too much memory, before the kernel kills this process."""
        if plan.bytes > memory_bytes() * MAX_SHARE:
            height, width = self._size
            raise PipelineError(
                f"A frame of {width}x{height} needs {plan.bytes / 1e9:.1f} GB of memory with this model, and this "
                f"machine has {memory_bytes() / 1e9:.1f} GB. Choose a smaller model, or a machine with more memory.",
                permanent=True,
            )

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()
        self._pool = None

    def _plan_for(self, height: int, width: int) -> Plan:
        """Return the plan for this frame size; the last one is cached."""
        if self._plan is None or self._size != (height, width):
            self.close()
            self._plan, self._size = self._make_plan(self._target, height, width), (height, width)
        return self._plan
