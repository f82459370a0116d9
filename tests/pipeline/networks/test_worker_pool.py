"""As many frames at once as cores and memory allow; another machine resumes a job or refuses it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.networks import hardware
from upscaler.pipeline.networks.backend import TORCH, WINOGRAD
from upscaler.pipeline.networks.backends import winograd_backend
from upscaler.pipeline.networks.backends.worker_pool import WorkerPool
from upscaler.pipeline.networks.registry import open_backend
from upscaler.pipeline.networks.weights import Weights
from upscaler.pipeline.networks.winograd import native

needs_vectors = pytest.mark.skipif(native.this_target() is None, reason="This processor has no wide vectors.")


@needs_vectors
def test_each_core_has_a_frame_while_there_is_memory(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(winograd_backend, "cores", lambda: 8)
    network = open_backend(weights, "fp32", WINOGRAD)
    assert network.batch(64, 48) == 8
    assert network.batch(100_000, 100_000) == 1
    monkeypatch.setattr(winograd_backend, "memory_bytes", lambda: 4 * 3 * 2**20)
    assert 1 < network.batch(64, 48) < 8


@needs_vectors
def test_a_frame_that_no_memory_holds_is_refused_with_the_figures(
    weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = open_backend(weights, "fp32", WINOGRAD)
    monkeypatch.setattr(winograd_backend, "memory_bytes", lambda: 2 * 10**6)
    with pytest.raises(PipelineError, match=r"A frame of 640x480 needs \d+\.\d GB .* this machine has 0\.0") as caught:
        network.upscale(np.zeros((1, 480, 640, 3), np.uint8))
    assert caught.value.permanent


def test_without_wide_vectors_it_is_torchs(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "this_target", lambda: None)
    assert open_backend(weights, "fp32").engine.backend == TORCH
    with pytest.raises(PipelineError, match="started on a different kind of machine") as caught:
        open_backend(weights, "fp32", WINOGRAD)
    assert not caught.value.permanent


@pytest.mark.parametrize("backend", ["torch-nnpack", "a-name-of-tomorrow"])
def test_what_another_version_began_is_refused(backend: str, weights: Weights) -> None:
    with pytest.raises(PipelineError, match="start a new job"):
        open_backend(weights, "fp32", backend)


def test_a_containers_limit_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "QUOTA", tmp_path / "cpu.max")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(6)))
    monkeypatch.setattr(hardware, "_siblings", str)
    assert hardware.cores() == 6
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    assert hardware.cores() == 2
    (tmp_path / "cpu.max").write_text("10000 100000\n")
    assert hardware.cores() == 1
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert hardware.cores() == 6


def test_hyperthreads_of_a_core_count_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "CPUS", tmp_path)
    monkeypatch.setattr(hardware, "QUOTA", tmp_path / "none")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1, 2, 3})
    for cpu, siblings in enumerate(("0-1", "0-1", "2-3", "2-3")):
        folder = tmp_path / f"cpu{cpu}" / "topology"
        folder.mkdir(parents=True)
        (folder / "thread_siblings_list").write_text(siblings + "\n")
    assert hardware.cores() == 2


def test_an_error_is_raised_after_all_workers_have_stopped() -> None:
    pool, ended = WorkerPool(["one", "other"]), []

    def act(_workspace: str, seconds: float) -> None:
        time.sleep(seconds)
        if not seconds:
            raise PipelineError("at once", permanent=True)
        ended.append(seconds)

    with pytest.raises(PipelineError, match="at once"):
        pool.run(act, [0.0, 0.3])
    assert ended == [0.3]
    pool.close()
