"""Whether a worker would make the same bits as the one that began a job."""

from __future__ import annotations

import pytest

from upscaler.pipeline.networks import reproducibility
from upscaler.pipeline.networks.backend import ONNX, OPENVINO, TORCH, WINOGRAD, Engine
from upscaler.pipeline.networks.reproducibility import incompatibility, versions


@pytest.mark.parametrize("backend", [WINOGRAD, TORCH, "nearest"])
def test_this_machine_goes_on_with_what_it_began(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reproducibility, "may_have_gpu", lambda: False)
    assert incompatibility(Engine(backend, "cpu", "fp32", versions(backend, "cpu"))) == ""


def test_jobs_of_before_versions_were_kept_go_on_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reproducibility, "may_have_gpu", lambda: False)
    assert incompatibility(Engine(WINOGRAD, "cpu", "fp32")) == ""


def test_our_own_convolutions_ask_for_no_kind_of_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    before = versions(WINOGRAD, "cpu"), versions(TORCH, "cpu")
    monkeypatch.setattr(reproducibility, "vectors", lambda: "another")
    assert versions(WINOGRAD, "cpu") == before[0]
    assert versions(TORCH, "cpu") == f"{before[1].rpartition('; ')[0]}; another"


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        (Engine(WINOGRAD, "cpu", "fp32", "ffmpeg 4.4"), "(ffmpeg 4.4); this machine has ffmpeg"),
        (Engine(TORCH, "NVIDIA GeForce RTX 3060", "fp16"), "this machine would render with"),
    ],
)
def test_another_version_or_device_is_named(engine: Engine, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reproducibility, "may_have_gpu", lambda: False)
    assert words in incompatibility(engine)


@pytest.mark.parametrize("backend", [OPENVINO, ONNX])
def test_an_extra_that_is_not_installed_is_named(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reproducibility, "is_installed", lambda extra: False)
    assert incompatibility(Engine(backend, "cpu", "fp32")).endswith(f"{backend} isn't installed on this machine.")


@pytest.mark.parametrize(
    ("begun", "here", "is_alike"),
    [("NVIDIA A", "NVIDIA A", True), ("NVIDIA A", "NVIDIA B", False), ("cpu", "NVIDIA A", False), ("A", "GPU", True)],
)
def test_gpus_of_one_kind_share_a_job(begun: str, here: str, is_alike: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reproducibility, "may_have_gpu", lambda: True)
    monkeypatch.setattr(reproducibility, "device_name", lambda: here)
    assert (incompatibility(Engine(TORCH, begun, "fp16")) == "") is is_alike
