"""A network is run in the precisions that it can be run in; where another one is asked for, that is said."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from tests.pipeline.networks.networks_of import checked, swinir
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.networks import tune, weights
from upscaler.pipeline.networks.backend import ONNX, TORCH
from upscaler.pipeline.networks.backends import onnx_backend, torch_backend
from upscaler.pipeline.networks.backends.nearest import NearestBackend
from upscaler.pipeline.networks.optional_backends import is_installed
from upscaler.pipeline.networks.registry import open_backend
from upscaler.pipeline.networks.tune import open_tuned
from upscaler.pipeline.networks.weights import Weights, resolved_precision

SIZE = (24, 16)
FRAMES = np.zeros((1, 16, 24, 3), np.uint8)
REFUSED = r"^This network doesn't run in {}\. Choose auto or fp32\.$"


@pytest.fixture
def transformer(tmp_path: Path) -> Weights:
    torch.save(swinir(), tmp_path / "swinir.pth")
    return checked(tmp_path / "swinir.pth", tmp_path / "swinir.safetensors")


@pytest.fixture
def half_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    """A processor with bf16, and torch only; any can compute in it, though slowly."""
    monkeypatch.setattr(tune, "has_bf16", lambda: True)
    monkeypatch.setattr(torch_backend, "has_bf16", lambda: True)
    monkeypatch.setattr(tune, "may_have_gpu", lambda: False)
    monkeypatch.setattr(tune, "precisions", lambda _extra: [])
    monkeypatch.setattr(tune, "MIN_SECONDS", 0.02)


@pytest.mark.usefixtures("half_precision")
def test_a_network_that_fails_in_bf16_is_run_in_fp32(transformer: Weights) -> None:
    backend, found = open_tuned(transformer, "auto", SIZE, None)
    assert found is not None
    assert (backend.engine.precision, found.precision) == ("fp32", "fp32")
    assert backend.upscale(FRAMES).shape == (1, 32, 48, 3)


@pytest.mark.usefixtures("half_precision")
def test_where_bf16_is_asked_for_it_is_said(transformer: Weights) -> None:
    with pytest.raises(PipelineError, match=REFUSED.format("bf16")) as caught:
        open_tuned(transformer, "bf16", SIZE, None)
    assert "dtype" in caught.value.detail


@pytest.mark.usefixtures("half_precision")
def test_what_spandrel_says_of_a_network_holds(transformer: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    """No small network is without bf16 by its word: one is made to be."""
    describe = weights.describe

    def without_bf16(tensors: dict[str, torch.Tensor]) -> Any:
        network = describe(tensors)
        network.supports_bfloat16 = False
        return network

    monkeypatch.setattr(torch_backend, "describe", without_bf16)
    assert open_backend(transformer, "auto", TORCH).engine.precision == "fp32"
    with pytest.raises(PipelineError, match=REFUSED.format("bf16")) as caught:
        open_backend(transformer, "bf16", TORCH)
    assert caught.value.permanent


@pytest.mark.skipif(not is_installed(ONNX), reason="The optional extra, onnxruntime, is not installed.")
def test_tensorrt_does_not_take_a_network_in_fp16_that_has_none(
    transformer: Weights, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_backend, "has_tensorrt", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "a GPU")
    assert open_backend(weights, "auto", ONNX).engine.precision == "fp16"
    assert open_backend(transformer, "auto", ONNX).engine.precision == "fp32"
    with pytest.raises(PipelineError, match=REFUSED.format("fp16")):
        open_backend(transformer, "fp16", ONNX)


@pytest.mark.parametrize(
    ("has_half", "has_bfloat16", "best", "expected"),
    [
        (True, True, "fp16", "fp16"),
        (False, True, "fp16", "fp32"),
        (True, False, "bf16", "fp32"),
        (False, True, "bf16", "bf16"),
        (False, False, "fp32", "fp32"),
    ],
)
def test_auto_is_the_best_of_what_works(has_half: bool, has_bfloat16: bool, best: str, expected: str) -> None:
    network: Any = SimpleNamespace(supports_half=has_half, supports_bfloat16=has_bfloat16)
    assert resolved_precision(network, "auto", best) == expected
    assert resolved_precision(network, "fp32", best) == "fp32"


def test_a_way_that_can_not_be_opened_is_passed_over_and_the_first_reason_is_said(
    weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = iter(
        [
            PipelineError("no memory", permanent=True),
            NearestBackend(2),
            PipelineError("no memory", permanent=True),
            PipelineError("no fp16", permanent=True),
        ]
    )

    def opening(*_: object) -> NearestBackend:
        answer = next(given)
        if isinstance(answer, PipelineError):
            raise answer
        assert isinstance(answer, NearestBackend)
        return answer

    monkeypatch.setattr(tune, "open_backend", opening)
    monkeypatch.setattr(tune, "choices", lambda *_: [tune.Choice("a", "fp32"), tune.Choice("b", "fp16")])
    monkeypatch.setattr(tune, "MIN_SECONDS", 0.02)
    assert isinstance(open_tuned(weights, "auto", SIZE, None)[0], NearestBackend)
    with pytest.raises(PipelineError, match="no memory"):
        open_tuned(weights, "auto", SIZE, None)
