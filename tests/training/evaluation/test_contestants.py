"""What is compared."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from tests.training.arrays import picture
from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.networks.builtin import BUILTIN, DEFAULT
from upscaler.pipeline.networks.weights import read
from upscaler.training.evaluation.contestants import baselines, bicubic, open_network
from upscaler.training.evaluation.fingerprint import tensors_sha256
from upscaler.training.networks.build import build
from upscaler.training.networks.spec import NetworkSpec

LOW = picture(24, 1)
UNKNOWN = np.zeros((24, 24), np.uint8)


def write_weights(path: Path, *, quantiser_plane: bool = False, seed: int = 1) -> Path:
    torch.manual_seed(seed)
    network = build(NetworkSpec(features=8, blocks=1, quantiser_plane=quantiser_plane))
    if quantiser_plane:
        torch.nn.init.normal_(network.get_parameter("plane.weight"))
    torch.save({"params_ema": network.state_dict()}, path)
    return path


def test_interpolations_are_those_of_opencv(tmp_path: Path) -> None:
    lanczos, stock = baselines(tmp_path)
    assert (lanczos.name, stock.name) == ("Lanczos", "stock")
    assert np.array_equal(lanczos.enlarge(LOW, UNKNOWN), cv2.resize(LOW, (96, 96), interpolation=cv2.INTER_LANCZOS4))
    assert np.array_equal(bicubic().enlarge(LOW, UNKNOWN), cv2.resize(LOW, (96, 96), interpolation=cv2.INTER_CUBIC))


def test_stock_is_the_network_that_is_shipped(tmp_path: Path) -> None:
    stock = baselines(tmp_path, "fp32")[1]
    network = build(NetworkSpec())
    path = BUILTIN[DEFAULT].path
    assert path is not None
    network.load_state_dict({key: value.float() for key, value in read(path).items()})
    with torch.inference_mode():
        pictures = torch.from_numpy(LOW)[None].permute(0, 3, 1, 2).float() / 255
        expected = network(pictures)[0].clamp(0, 1).mul(255).round().permute(1, 2, 0).numpy()
    assert np.abs(stock.enlarge(LOW, UNKNOWN).astype(float) - expected).max() <= 1


def test_weights_in_a_file_are_a_contestant_by_the_files_name(tmp_path: Path) -> None:
    mine = open_network(str(write_weights(tmp_path / "mine.pth")), tmp_path)
    assert mine.name == "mine"
    assert mine.enlarge(LOW, UNKNOWN).shape == (96, 96, 3)
    assert open_network(str(tmp_path / "mine.pth"), tmp_path, name="h1v2").name == "h1v2"


@pytest.mark.parametrize("quantiser_plane", [False, True])
def test_a_fingerprint_tells_weights_of_the_same_name_apart(tmp_path: Path, quantiser_plane: bool) -> None:
    path = tmp_path / "mine.pth"

    def fingerprint(seed: int) -> str:
        write_weights(path, quantiser_plane=quantiser_plane, seed=seed)
        return open_network(str(path), tmp_path).fingerprint

    assert fingerprint(1) == fingerprint(1)
    assert fingerprint(1) != fingerprint(2)


def test_a_network_with_a_plane_sees_the_quantisers(tmp_path: Path) -> None:
    mine = open_network(str(write_weights(tmp_path / "mine.pth", quantiser_plane=True)), tmp_path)
    unknown, fine, coarse = (mine.enlarge(LOW, np.full_like(UNKNOWN, level)) for level in (0, 2, 31))
    assert unknown.shape == (96, 96, 3)
    assert not np.array_equal(fine, coarse)
    assert not np.array_equal(unknown, coarse)


def test_a_file_that_holds_no_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.pth"
    path.write_text("not weights")
    with pytest.raises(Refused):
        open_network(str(path), tmp_path)


def test_the_hash_of_tensors_ignores_their_order_and_file_but_no_bit() -> None:
    one = {"a": torch.arange(4.0), "b": torch.zeros(2, dtype=torch.float16)}
    assert tensors_sha256(one) == tensors_sha256(dict(reversed(one.items())))
    assert tensors_sha256(one) != tensors_sha256(one | {"a": torch.tensor([0.0, 1, 2, 3.0000002])})
    assert tensors_sha256(one) != tensors_sha256(one | {"b": torch.zeros(2, dtype=torch.bfloat16)})
    assert tensors_sha256(one) != tensors_sha256({"c": one["a"], "b": one["b"]})
