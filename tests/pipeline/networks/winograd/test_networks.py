"""Whole networks by our own convolutions give the pictures that torch gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.pipeline.networks.networks_of import State, checked, compact, rrdb
from upscaler.pipeline.networks import registry
from upscaler.pipeline.networks.backend import TORCH, WINOGRAD, Batch
from upscaler.pipeline.networks.registry import open_backend
from upscaler.pipeline.networks.weights import Weights, describe, read, verify_hash
from upscaler.pipeline.networks.winograd import native

pytestmark = pytest.mark.skipif(native.this_target() is None, reason="This processor has no wide vectors.")

SIZES = [(17, 23), (9, 400), (4, 4)]


def weights_of(state: State, folder: Path) -> Weights:
    torch.save({"params": state}, folder / "x.pth")
    return checked(folder / "x.pth", folder / "x.safetensors")


def frames(count: int, height: int = 48, width: int = 64) -> Batch:
    return np.random.default_rng(count).integers(0, 255, (count, height, width, 3), np.uint8)


def wide() -> State:
    """With as many channels as real ones have."""
    return compact(features=64, layers=3)


def by_old_names(state: State) -> State:
    """As files from before Real-ESRGAN name the layers of an RRDBNet."""
    return dict(describe(state).model.state_dict())


NETWORKS: dict[str, Callable[[], dict[str, torch.Tensor]]] = {
    "compact-x4": compact,
    "compact-x2": lambda: compact(scale=2),
    "compact-x1": lambda: compact(scale=1),
    "wide-x4": wide,
    "rrdb-x4": lambda: rrdb(blocks=2),
    "rrdb-x2": lambda: rrdb(scale=2),
    "rrdb-x1": lambda: rrdb(scale=1),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_pictures_are_those_of_the_network(name: str, tmp_path: Path) -> None:
    weights = weights_of(NETWORKS[name](), tmp_path)
    ours = open_backend(weights, "fp32", WINOGRAD)
    assert ours.engine.backend == WINOGRAD
    reference = describe(read(verify_hash(weights))).model
    for height, width in SIZES if name.startswith("compact") else SIZES[:1]:  # the others compile for seconds
        pictures = frames(2, height, width)
        with torch.inference_mode():
            expected = reference(torch.from_numpy(pictures).permute(0, 3, 1, 2) / 255)
        expected = expected.clamp(0, 1).mul(255).round().permute(0, 2, 3, 1).numpy()
        given = ours.upscale(pictures)
        assert given.shape == expected.shape
        assert np.abs(given - expected).max() <= 1
    ours.close()


def test_together_is_as_one_by_one_to_the_bit(tmp_path: Path) -> None:
    network = open_backend(weights_of(wide(), tmp_path), "fp32", WINOGRAD)
    for count in (1, 2, 3, 5):
        together = network.upscale(frames(count))
        alone = [network.upscale(frame[None])[0] for frame in frames(count)]
        np.testing.assert_array_equal(together, np.stack(alone))
    network.close()


def test_a_frame_that_is_no_view_of_its_own_memory_is_read_right(tmp_path: Path) -> None:
    network = open_backend(weights_of(compact(), tmp_path), "fp32", WINOGRAD)
    turned = frames(1)[:, ::-1, ::2]
    np.testing.assert_array_equal(network.upscale(turned), network.upscale(np.ascontiguousarray(turned)))


def test_what_has_other_names_goes_to_torch(tmp_path: Path) -> None:
    known, unknown = rrdb(), by_old_names(rrdb())
    quick, other = (open_backend(weights_of(state, tmp_path), "fp32") for state in (known, unknown))
    assert (quick.engine.backend, other.engine.backend) == (WINOGRAD, TORCH)
    picture = frames(1, *SIZES[0])
    difference = quick.upscale(picture).astype(int) - other.upscale(picture)
    assert np.abs(difference).max() <= 1


def test_a_gpu_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = weights_of(compact(), tmp_path)
    assert open_backend(weights, "auto").engine.backend == WINOGRAD
    monkeypatch.setattr(registry, "may_have_gpu", lambda: True)
    assert open_backend(weights, "auto").engine.backend == TORCH
    assert open_backend(weights, "fp32", WINOGRAD).engine.backend == WINOGRAD
