"""Frames go through side by side, by the quickest way of this processor, and come out as if one by one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.pipeline.networks.networks_of import State, checked, compact, rrdb
from upscaler.pipeline.errors import PipelineError
from upscaler.pipeline.networks import compat, torch_backend, winograd
from upscaler.pipeline.networks.backend import Batch
from upscaler.pipeline.networks.registry import open_backend
from upscaler.pipeline.networks.torch_backend import NNPACK, TORCH
from upscaler.pipeline.networks.weights import Weights

needs_nnpack = pytest.mark.skipif(not winograd.is_possible(), reason="This processor has no NNPACK.")


def weights_of(state: State, folder: Path) -> Weights:
    torch.save({"params": state}, folder / "x.pth")
    return checked(folder / "x.pth", folder / "x.safetensors")


def frames(count: int, height: int = 48, width: int = 64) -> Batch:
    return np.random.default_rng(count).integers(0, 255, (count, height, width, 3), np.uint8)


def wide(*, blocks: int = 0) -> State:
    """With as many channels as real ones have: convolutions of fewer are left alone."""
    if blocks:
        return rrdb(blocks=blocks)
    compat.realesrgan()
    from realesrgan.archs.srvgg_arch import SRVGGNetCompact

    torch.manual_seed(14)
    return dict(SRVGGNetCompact(3, 3, num_feat=64, num_conv=3, upscale=4, act_type="prelu").state_dict())


@pytest.mark.parametrize("backend", [TORCH, pytest.param(NNPACK, marks=needs_nnpack)])
@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_together_is_as_one_by_one_to_the_bit(
    backend: str, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = open_backend(weights_of(wide(), tmp_path), "fp32", backend)
    together = network.upscale(frames(count))
    monkeypatch.setattr(torch_backend, "MOST_LANES", 1)
    alone = [network.upscale(frame[None])[0] for frame in frames(count)]
    np.testing.assert_array_equal(together, np.stack(alone))
    network.close()
    assert torch.get_num_threads() == torch_backend.THREADS


@needs_nnpack
@pytest.mark.parametrize("blocks", [0, 1])
@pytest.mark.parametrize("size", [(48, 64), (17, 23), (240, 16)])
def test_winograds_way_gives_the_same_pictures(blocks: int, size: tuple[int, int], tmp_path: Path) -> None:
    weights = weights_of(wide(blocks=blocks), tmp_path)
    quick, direct = open_backend(weights, "fp32", NNPACK), open_backend(weights, "fp32", TORCH)
    pictures = frames(2, *size)
    difference = np.abs(quick.upscale(pictures).astype(int) - direct.upscale(pictures))
    assert difference.max() <= 1
    assert (quick.engine.backend, direct.engine.backend) == (NNPACK, TORCH)


@needs_nnpack
def test_only_what_fits_is_done_winograds_way(tmp_path: Path) -> None:
    network = torch.nn.Sequential(
        torch.nn.Conv2d(32, 32, 3, padding=1),
        torch.nn.Conv2d(32, 32, 3),
        torch.nn.Conv2d(32, 32, 3, 2, 1),
        torch.nn.Conv2d(32, 32, 1),
        torch.nn.Conv2d(32, 32, 3, padding=1, groups=2),
        torch.nn.Conv2d(32, 32, 3, padding=1, padding_mode="reflect"),
        torch.nn.Sequential(torch.nn.Conv2d(32, 32, 3, padding=1, bias=False), torch.nn.Conv2d(3, 32, 3, padding=1)),
    )
    winograd.convert(network)
    found = [type(layer).__name__ for layer in network.modules() if not list(layer.children())]
    assert found == ["Convolution", *["Conv2d"] * 5, "Convolution", "Conv2d"]
    picture = torch.rand(1, 32, 20, 24)
    without_bias = network[6][0]
    expected = torch.nn.functional.conv2d(picture, without_bias.weight, padding=1)
    assert torch.allclose(without_bias(picture), expected, atol=1e-4)


def test_large_frames_have_fewer_lanes(tmp_path: Path) -> None:
    network = open_backend(weights_of(compact(), tmp_path), "fp32")
    assert network.batch(64, 48) == min(torch_backend.THREADS, torch_backend.MOST_LANES)
    assert network.batch(100_000, 100_000) == 1


def test_what_was_begun_by_nnpack_does_not_go_on_without_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = weights_of(compact(), tmp_path)
    monkeypatch.setattr(winograd, "is_possible", lambda: False)
    with pytest.raises(PipelineError, match="begun on a processor of another kind"):
        open_backend(weights, "fp32", NNPACK)
    network = open_backend(weights, "fp32")
    network.upscale(frames(1))
    assert network.engine.backend == TORCH
