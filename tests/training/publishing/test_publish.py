"""Publishing: files that others can load, all of them or none."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from tests.training.arrays import picture
from tests.training.publishing.models import BLOCKS, FEATURES, card, picture_of, state
from upscaler.pipeline.core.errors import PipelineError, Refused
from upscaler.pipeline.networks import compat
from upscaler.pipeline.networks.registry import find, open_backend
from upscaler.pipeline.networks.weights import describe, read, sha256_of
from upscaler.training.core.twin import Pixels
from upscaler.training.evaluation.contestants import open_network
from upscaler.training.evaluation.fingerprint import tensors_sha256
from upscaler.training.publishing import files
from upscaler.training.publishing.files import publish, read_card

LOW = picture(24, 1)


def enlarged_by(tensors: dict[str, torch.Tensor]) -> Pixels:
    """Return what the network of these weights makes of LOW, in fp32."""
    with torch.inference_mode():
        pictures = torch.from_numpy(LOW)[None].permute(0, 3, 1, 2).float() / 255
        result = describe(tensors)(pictures)[0].clamp(0, 1).mul(255).round()
    return np.asarray(result.permute(1, 2, 0).numpy(), np.uint8)


def test_a_version_has_its_weights_twice_and_a_card(tmp_path: Path) -> None:
    folder = publish(state(), tmp_path, card())
    assert folder == tmp_path / "h1v1"
    assert sorted(path.name for path in folder.iterdir()) == [
        "card.json", "card.md", "h1v1.safetensors", "net_g_latest.pth",
    ]  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["h1v1"]
    assert tensors_sha256(read(folder / "net_g_latest.pth")) == tensors_sha256(state())
    assert tensors_sha256(read(folder / "h1v1.safetensors")) == tensors_sha256(state())


def test_the_checkpoint_is_as_training_tools_write_it(tmp_path: Path) -> None:
    folder = publish(state(), tmp_path, card())
    loaded = torch.load(folder / "net_g_latest.pth", weights_only=True)
    assert list(loaded) == ["params_ema"]
    assert loaded["params_ema"].keys() == state().keys()


@pytest.mark.skipif(compat.MISSING is not None, reason=compat.MISSING or "")
def test_the_checkpoint_loads_in_realesrganer(tmp_path: Path) -> None:
    folder = publish(state(), tmp_path, card())
    compat.realesrgan()
    from realesrgan import RealESRGANer
    from realesrgan.archs.srvgg_arch import SRVGGNetCompact

    network = SRVGGNetCompact(num_feat=FEATURES, num_conv=BLOCKS, upscale=4, act_type="prelu")
    upsampler = RealESRGANer(4, str(folder / "net_g_latest.pth"), model=network, half=False, pre_pad=0)
    enlarged, _ = upsampler.enhance(cv2.cvtColor(LOW, cv2.COLOR_RGB2BGR))
    difference = cv2.cvtColor(enlarged, cv2.COLOR_BGR2RGB).astype(int) - enlarged_by(state())
    assert np.abs(difference).max() <= 1


def test_the_pipeline_upscales_with_a_published_version(tmp_path: Path) -> None:
    folder = publish(state(), tmp_path, card())
    weights = find(str(folder / "h1v1.safetensors"), tmp_path)
    backend = open_backend(weights, "fp32")
    assert np.abs(backend.upscale(LOW[None])[0].astype(int) - enlarged_by(state())).max() <= 1
    backend.close()


def test_the_card_knows_the_files_beside_it(tmp_path: Path) -> None:
    folder = publish(state(), tmp_path, card())
    stored = read_card(folder)
    for each in stored.files:
        assert (each.bytes, each.sha256) == ((folder / each.name).stat().st_size, sha256_of(folder / each.name))
    assert {each.name for each in stored.files} == {"net_g_latest.pth", "h1v1.safetensors"}
    assert stored.tensors_sha256 == tensors_sha256(state())
    assert stored.parameters == sum(tensor.numel() for tensor in state().values())
    page = (folder / "card.md").read_text()
    assert sha256_of(folder / "h1v1.safetensors") in page
    assert f"{stored.parameters:,} parameters" in page
    assert "| size | 0.0 MB |" in page


def test_safetensors_say_where_they_come_from(tmp_path: Path) -> None:
    folder = publish(state(), tmp_path, card())
    with safe_open(folder / "h1v1.safetensors", "pt") as file:
        metadata = file.metadata()
    assert metadata["version"] == "h1v1"
    assert metadata["licence"] == "GPL-2.0-or-later"
    assert metadata["base"].startswith("realesr-animevideov3 15e90bcb")
    assert metadata["tensors_sha256"] == tensors_sha256(state())


def test_a_network_with_quantisers_has_a_twin_without_them(tmp_path: Path) -> None:
    whole = state(quantiser_plane=True)
    folder = publish(whole, tmp_path, card())
    assert tensors_sha256(load_file(folder / "h1v1-quantisers.safetensors")) == tensors_sha256(whole)
    assert not any(key.startswith("plane") for key in read(folder / "net_g_latest.pth"))
    with_plane = open_network(str(folder / "h1v1-quantisers.safetensors"), tmp_path, "fp32")
    unknown = with_plane.enlarge(LOW, np.zeros(LOW.shape[:2], np.uint8))
    difference = unknown.astype(int) - enlarged_by(read(folder / "net_g_latest.pth"))
    assert np.abs(difference).max() <= 1
    known = with_plane.enlarge(LOW, np.full(LOW.shape[:2], 31, np.uint8))
    assert not np.array_equal(known, unknown)


def test_pictures_lie_beside_the_card(tmp_path: Path) -> None:
    folder = publish(state(), tmp_path, card(pictures=(picture_of(),)), {"crop.png": picture(64, 2)})
    assert cv2.imread(str(folder / "crop.png")) is not None
    assert "](crop.png)" in (folder / "card.md").read_text()


def test_a_card_that_shows_a_missing_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"crop\.png, which isn't among the pictures"):
        publish(state(), tmp_path, card(pictures=(picture_of(),)))
    assert list(tmp_path.iterdir()) == []


def test_a_version_is_never_overwritten(tmp_path: Path) -> None:
    folder = publish(state(seed=1), tmp_path, card())
    with pytest.raises(Refused, match="h1v1 exists already"):
        publish(state(seed=2), tmp_path, card())
    assert tensors_sha256(read(folder / "net_g_latest.pth")) == tensors_sha256(state(seed=1))
    publish(state(seed=2), tmp_path, card(2))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["h1v1", "h1v2"]


def test_a_version_that_appears_meanwhile_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hash_slowly(path: Path) -> str:
        other = tmp_path / "h1v1"
        other.mkdir(exist_ok=True)
        (other / "card.md").write_text("somebody else's")
        return sha256_of(path)

    monkeypatch.setattr(files, "sha256_of", hash_slowly)
    with pytest.raises(Refused, match="exists already"):
        publish(state(), tmp_path, card())
    assert [path.name for path in tmp_path.iterdir()] == ["h1v1"]
    assert (tmp_path / "h1v1" / "card.md").read_text() == "somebody else's"


def diverged(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    tensors["body.0.weight"][0, 0, 0, 0] = torch.nan
    return tensors


def of_one_colour(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {key: torch.full_like(value, 1e9 if key == "body.6.bias" else 0) for key, value in tensors.items()}


@pytest.mark.parametrize(("broken", "words"), [(diverged, "diverged"), (of_one_colour, "plain colour")])
def test_weights_that_do_not_enlarge_are_refused_and_leave_nothing(tmp_path: Path, broken: Any, words: str) -> None:
    with pytest.raises(Refused, match=words):
        publish(broken(state()), tmp_path, card())
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_differs_from_what_was_written_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(tensors: dict[str, torch.Tensor], path: Path, metadata: dict[str, str]) -> None:
        save_file(tensors, path, metadata)
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)

    monkeypatch.setattr(files, "save_file", damaged)
    with pytest.raises(PipelineError, match=r"h1v1\.safetensors differs from what was written"):
        publish(state(), tmp_path, card())
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: Any, **_options: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "sha256_of", full)
    with pytest.raises(PipelineError, match="The disk is full: h1v1 wasn't published"):
        publish(state(), tmp_path, card())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_a_card_is_no_version(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="isn't a published version"):
        read_card(tmp_path)
