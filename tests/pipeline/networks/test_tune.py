"""The quickest way through a network is tried once, remembered, and never one that spoils the picture."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.networks import optional_backends, registry, tune
from upscaler.pipeline.networks.backend import INT8, ONNX, OPENVINO, TORCH, WINOGRAD, Backend, Batch, Engine
from upscaler.pipeline.networks.backends.nearest import NearestBackend
from upscaler.pipeline.networks.builtin import BUILTIN, NEAREST
from upscaler.pipeline.networks.optional_backends import TENSORRT, is_installed
from upscaler.pipeline.networks.tune import Choice, choices, open_tuned
from upscaler.pipeline.networks.weights import Weights
from upscaler.pipeline.networks.winograd import native

SIZE = (16, 12)


class Trial(NearestBackend):
    """Takes its time, and is off by some levels of 255; with ``error``, it does not work at all."""

    def __init__(self, way: Choice, seconds: float, levels: int = 0, error: str = "") -> None:
        super().__init__(2)
        self.engine = Engine(way.backend, "cpu", way.precision)
        self._seconds, self._levels, self._error = seconds, levels, error
        self.is_closed = False

    def upscale(self, frames: Batch) -> Batch:
        if self._error:
            raise PipelineError(self._error, permanent=True)
        time.sleep(self._seconds)
        return super().upscale(frames // 2) + np.uint8(self._levels)

    def close(self) -> None:
        self.is_closed = True


EXACT, CLOSE, FAR = Choice("exact", "fp32"), Choice("close", "bf16"), Choice("far", "fp16")
Tried = dict[Choice, Trial]
Try = Callable[[dict[Choice, Trial]], list[Choice]]


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> Try:
    """Puts trials in the place of what this machine has; gives the ways that were opened, as they are."""
    opened: list[Choice] = []
    monkeypatch.setattr(tune, "MIN_SECONDS", 0.02)

    def put(trials: dict[Choice, Trial]) -> list[Choice]:
        def opening(_weights: Weights, precision: str, backend: str = "auto") -> Backend:
            way = Choice(backend, precision)
            opened.append(way)
            return trials[way]

        monkeypatch.setattr(tune, "choices", lambda _weights, _precision: list(trials))
        monkeypatch.setattr(tune, "open_backend", opening)
        return opened

    return put


def test_the_quickest_is_taken_and_the_others_are_closed(tried: Try, weights: Weights) -> None:
    trials = {EXACT: Trial(EXACT, 0.2), CLOSE: Trial(CLOSE, 0.001), FAR: Trial(FAR, 0.05)}
    tried(trials)
    backend, found = open_tuned(weights, "auto", SIZE, None)
    assert backend is trials[CLOSE]
    assert found is not None
    assert (found.backend, found.precision) == ("close", "bf16")
    assert 0.001 <= found.seconds_a_frame < 0.05
    assert [trials[way].is_closed for way in (EXACT, CLOSE, FAR)] == [True, False, True]


def test_what_spoils_the_picture_is_not_taken_however_quick(tried: Try, weights: Weights) -> None:
    """Two levels of 255 are 42 dB, below the 50 that are asked for; a half, where it is one of a few, is above."""
    trials = {EXACT: Trial(EXACT, 0.05), FAR: Trial(FAR, 0.0, levels=2)}
    tried(trials)
    backend, found = open_tuned(weights, "auto", SIZE, None)
    assert backend is trials[EXACT]
    assert found is not None
    assert found.decibels is None


def test_what_does_not_work_here_is_passed_over(tried: Try, weights: Weights) -> None:
    trials = {EXACT: Trial(EXACT, 0.0, error="too little memory"), CLOSE: Trial(CLOSE, 0.0)}
    tried(trials)
    backend, _ = open_tuned(weights, "auto", SIZE, None)
    assert backend is trials[CLOSE]


def test_where_nothing_works_the_reason_is_said(tried: Try, weights: Weights) -> None:
    tried({EXACT: Trial(EXACT, 0.0, error="too little memory")})
    with pytest.raises(PipelineError, match="too little memory"):
        open_tuned(weights, "auto", SIZE, None)


def test_it_is_measured_once(tried: Try, weights: Weights, tmp_path: Path) -> None:
    store = tmp_path / "new folder" / "tuned.json"
    opened = tried({EXACT: Trial(EXACT, 0.001), CLOSE: Trial(CLOSE, 0.1)})
    _, first = open_tuned(weights, "auto", SIZE, store)
    assert opened == [EXACT, CLOSE]
    _, second = open_tuned(weights, "auto", SIZE, store)
    assert (opened, second) == ([EXACT, CLOSE, EXACT], first)


@pytest.mark.parametrize("change", ["size", "precision", "weights", "processor", "version", "cores"])
def test_it_is_measured_again_when_something_changed(
    change: str, tried: Try, weights: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "tuned.json"
    opened = tried({EXACT: Trial(EXACT, 0.0), CLOSE: Trial(CLOSE, 0.1)})
    open_tuned(weights, "auto", SIZE, store)
    del opened[:]
    size, precision = SIZE, "auto"
    if change == "size":
        size = (18, 12)
    elif change == "precision":
        precision = "fp32"
    elif change == "weights":
        weights = Weights("x", weights.path, "another", weights.architecture, weights.scale)
    else:
        value = {"processor": lambda: "another", "cores": lambda: 99, "version": 99}[change]
        monkeypatch.setattr(tune, {"version": "VERSION"}.get(change, change), value)
    open_tuned(weights, precision, size, store)
    assert opened == [EXACT, CLOSE]
    assert len(json.loads(store.read_text())) == 2


@pytest.mark.parametrize("content", ["", "{", "[]", '{"x": 1}', '{"x": {"way": "unknown"}}'])
def test_a_damaged_file_is_measured_anew(content: str, tried: Try, weights: Weights, tmp_path: Path) -> None:
    store = tmp_path / "tuned.json"
    store.write_text(content)
    opened = tried({EXACT: Trial(EXACT, 0.0)})
    open_tuned(weights, "auto", SIZE, store)
    assert opened == [EXACT]
    assert len(json.loads(store.read_text())) == 1


TURBO = Choice("turbo", INT8)


@pytest.mark.parametrize(("turbo_seconds", "taken"), [(0.001, TURBO), (0.2, EXACT)])
def test_turbo_is_as_far_off_as_it_likes_where_it_is_quicker(
    turbo_seconds: float, taken: Choice, tried: Try, weights: Weights, tmp_path: Path
) -> None:
    tried({EXACT: Trial(EXACT, 0.04), TURBO: Trial(TURBO, turbo_seconds, levels=9)})
    _, found = open_tuned(weights, INT8, SIZE, tmp_path / "tuned.json")
    assert found is not None
    assert (found.backend, found.precision) == (taken.backend, taken.precision)
    assert (found.decibels is None) == (taken is EXACT)
    assert found.decibels is None or 20 < found.decibels < 40


@pytest.mark.parametrize("is_there", [True, False])
def test_turbo_is_tried_besides_what_is_exact(
    is_there: bool, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tune, "has_bf16", lambda: False)
    monkeypatch.setattr(tune, "may_have_gpu", lambda: False)
    monkeypatch.setattr(tune, "precisions", lambda _extra: [])
    monkeypatch.setattr(tune, "is_installed", lambda _extra: is_there)
    monkeypatch.setattr(registry, "is_installed", lambda _extra: is_there)
    if is_there:
        assert choices(weights, INT8)[1:] == [Choice(OPENVINO, INT8)]
        return
    with pytest.raises(PipelineError, match=r"int8 needs OpenVINO.*pip install -r requirements-openvino.txt"):
        open_tuned(weights, INT8, SIZE, None)


def test_a_real_network_says_its_speed(weights: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tune, "MIN_SECONDS", 0.1)
    backend, found = open_tuned(weights, "fp32", (64, 48), tmp_path / "tuned.json")
    assert found is not None
    assert found.backend == backend.engine.backend
    assert 0 < found.seconds_a_frame < 5
    backend.close()


def test_the_fake_network_is_not_measured() -> None:
    _, found = open_tuned(BUILTIN[NEAREST], "auto", SIZE, None)
    assert found is None


@pytest.mark.skipif(native.this_target() is None, reason="This processor has no wide vectors.")
@pytest.mark.parametrize(
    ("has_bf16", "may_have_gpu", "precision", "expected"),
    [
        (False, False, "auto", [Choice(WINOGRAD, "fp32")]),
        (True, False, "auto", [Choice(WINOGRAD, "fp32"), Choice(TORCH, "bf16")]),
        (True, False, "fp32", [Choice(WINOGRAD, "fp32")]),
        (False, False, "bf16", [Choice(TORCH, "bf16")]),
        (False, True, "auto", [Choice(TORCH, "fp32"), Choice(TORCH, "fp16")]),
    ],
)
def test_what_is_tried_is_what_the_machine_has(
    has_bf16: bool,
    may_have_gpu: bool,
    precision: str,
    expected: list[Choice],
    weights: Weights,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tune, "has_bf16", lambda: has_bf16)
    monkeypatch.setattr(tune, "may_have_gpu", lambda: may_have_gpu)
    monkeypatch.setattr(optional_backends, "is_installed", lambda _extra: False)
    assert choices(weights, precision) == expected


@pytest.mark.skipif(not is_installed(OPENVINO), reason="The optional extra, openvino, is not installed.")
@pytest.mark.parametrize(
    ("devices", "has_bf16", "expected"),
    [
        (["CPU"], False, []),
        (["CPU"], True, [Choice(OPENVINO, "bf16")]),
        (["CPU", "GPU.0", "GPU.1"], False, [Choice(OPENVINO, "fp16")]),
    ],
)
def test_openvino_is_tried_where_it_may_pay(
    devices: list[str],
    has_bf16: bool,
    expected: list[Choice],
    weights: Weights,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(optional_backends.quiet_openvino(), "Core", lambda: SimpleNamespace(available_devices=devices))
    monkeypatch.setattr(optional_backends, "has_bf16", lambda: has_bf16)
    monkeypatch.setattr(optional_backends, "GRAPHICS", tmp_path)
    monkeypatch.setattr(tune, "has_bf16", lambda: False)
    monkeypatch.setattr(tune, "may_have_gpu", lambda: False)
    assert choices(weights, "auto")[1:] == expected


@pytest.mark.skipif(not is_installed(ONNX), reason="The optional extra, onnxruntime, is not installed.")
@pytest.mark.parametrize(
    ("providers", "expected"),
    [(["CPUExecutionProvider"], []), ([TENSORRT, "CUDAExecutionProvider"], [Choice(ONNX, "fp16")])],
)
def test_tensorrt_is_tried_where_there_is_one(
    providers: list[str], expected: list[Choice], weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    import onnxruntime

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: providers)
    monkeypatch.setattr(tune, "may_have_gpu", lambda: True)
    assert choices(weights, "auto") == [Choice(TORCH, "fp32"), Choice(TORCH, "fp16"), *expected]
