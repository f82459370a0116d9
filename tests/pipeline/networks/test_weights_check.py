"""A stranger's file of weights: taken as data or refused with a reason, and nothing in it ever runs."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.clips import shared_weights
from tests.pipeline.networks.networks_of import State, checked, compact, discriminator, rrdb, swinir
from upscaler.pipeline.core.errors import PipelineError, Refused
from upscaler.pipeline.networks.backend import TORCH
from upscaler.pipeline.networks.registry import open_backend
from upscaler.pipeline.networks.weights import MAX_TENSORS, Weights, sha256_of
from upscaler.pipeline.networks.weights_check import convert

ROOT = Path(__file__).resolve().parents[3]


def saved(path: Path, content: object) -> Path:
    torch.save(content, path)
    return path


@pytest.mark.parametrize("wrapper", ["params_ema", "params", "state_dict", None])
@pytest.mark.parametrize(
    ("network", "architecture", "scale"),
    [
        (compact(), "RealESRGAN Compact", 4),
        (compact(scale=2), "RealESRGAN Compact", 2),
        (rrdb(), "ESRGAN", 4),
        (rrdb(scale=2), "ESRGAN", 2),
    ],
    ids=["compact-x4", "compact-x2", "rrdb-x4", "rrdb-x2"],
)
def test_a_checkpoint_becomes_safetensors(
    wrapper: str | None, network: State, architecture: str, scale: int, tmp_path: Path
) -> None:
    checkpoint = saved(tmp_path / "net_g_latest.pth", {wrapper: network} if wrapper else network)
    target = tmp_path / "out.safetensors"
    weights = checked(checkpoint, target)
    assert weights == Weights("x", target, sha256_of(target), architecture, scale)
    written = load_file(target)
    assert written.keys() == network.keys()
    assert all(torch.equal(written[key], network[key]) for key in network)


def test_the_check_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    checkpoint, proof, target = tmp_path / "net_g_latest.pth", tmp_path / "it-ran", tmp_path / "out.safetensors"
    saved(checkpoint, {"params": compact()})
    assert convert(checkpoint, target, name="mine") == Weights(
        "mine", target, sha256_of(target), "RealESRGAN Compact", 4
    )
    saved(checkpoint, {"params": Touches(proof)})
    with pytest.raises(Refused, match="contains code"):
        convert(checkpoint, tmp_path / "evil.safetensors", name="evil")
    assert sorted(tmp_path.iterdir()) == [checkpoint, target]


def test_the_averaged_weights_are_preferred(tmp_path: Path) -> None:
    averaged = compact()
    raw = {key: torch.zeros_like(tensor) for key, tensor in averaged.items()}
    checkpoint = saved(tmp_path / "net_g_latest.pth", {"params": raw, "params_ema": averaged})
    checked(checkpoint, tmp_path / "out.safetensors")
    written = load_file(tmp_path / "out.safetensors")
    assert all(torch.equal(written[key], averaged[key]) for key in averaged)


def test_weights_from_several_gpus_are_unwrapped(tmp_path: Path) -> None:
    network = compact()
    checkpoint = saved(tmp_path / "x.pth", {"params": {f"module.{key}": value for key, value in network.items()}})
    assert checked(checkpoint, tmp_path / "out.safetensors").architecture == "RealESRGAN Compact"


def test_the_real_weights_saved_by_a_trainer_are_taken(tmp_path: Path) -> None:
    network = load_file(shared_weights("RealESRGAN_x4plus.fp16.safetensors"))
    checkpoint = saved(tmp_path / "net_g_latest.pth", {"params_ema": network})
    weights = checked(checkpoint, tmp_path / "out.safetensors")
    assert (weights.architecture, weights.scale) == ("ESRGAN", 4)


def test_converted_weights_run(tmp_path: Path) -> None:
    weights = checked(saved(tmp_path / "x.pth", {"params": rrdb(scale=2)}), tmp_path / "out.safetensors")
    backend = open_backend(weights, "fp32")
    assert backend.upscale(np.zeros((1, 12, 16, 3), np.uint8)).shape == (1, 24, 32, 3)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_any_precision_that_runs_are_taken(dtype: torch.dtype, tmp_path: Path) -> None:
    network = {key: tensor.to(dtype) for key, tensor in compact().items()}
    weights = checked(saved(tmp_path / "x.pth", {"params": network}), tmp_path / "out.safetensors")
    for library in ("auto", TORCH):
        assert open_backend(weights, "fp32", library).upscale(np.zeros((1, 8, 8, 3), np.uint8)).shape == (1, 32, 32, 3)


def test_a_transformer_may_have_tables_of_whole_numbers(tmp_path: Path) -> None:
    network = swinir()
    assert not all(tensor.is_floating_point() for tensor in network.values())
    weights = checked(saved(tmp_path / "x.pth", {"params": network}), tmp_path / "out.safetensors")
    assert weights.architecture == "SwinIR"


@pytest.mark.parametrize("name", ["realesr-animevideov3.safetensors", "RealESRGAN_x4plus.fp16.safetensors"])
def test_the_real_weights_pass_within_the_bounds_of_the_check(name: str, tmp_path: Path) -> None:
    assert convert(shared_weights(name), tmp_path / "out.safetensors", name="real").scale == 4


def test_a_small_file_that_fills_the_memory_is_refused(tmp_path: Path) -> None:
    """Its pickle lies packed in the archive: 5 GiB of zeros, as one packed MiB again and again."""
    checkpoint, packer = tmp_path / "net_g_latest.pth", zlib.compressobj(1, wbits=-zlib.MAX_WBITS)
    megabyte = packer.compress(bytes(1024**2)) + packer.flush(zlib.Z_FULL_FLUSH)
    with zipfile.ZipFile(checkpoint, "w") as archive:
        archive.writestr("archive/version", "3")
        archive.writestr("archive/data.pkl", 5 * 1024 * megabyte + packer.flush())
        member = archive.getinfo("archive/data.pkl")
        member.compress_type, member.file_size = zipfile.ZIP_DEFLATED, 5 * 1024**3
    with pytest.raises(Refused, match=r"too much memory.*only the generator's weights"):
        convert(checkpoint, tmp_path / "out.safetensors", name="bomb")


def test_a_reader_that_does_not_come_to_an_end_is_ended() -> None:
    check = "from upscaler.pipeline.networks import weights_check as check; check.CPU_SECONDS = 1; check._bound(1000)"
    script = f"{check}\nwhile True: pass"
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, timeout=60, check=False)
    assert -ended.returncode in (signal.SIGXCPU, signal.SIGKILL)


def test_weights_may_lie_under_a_name_that_is_not_utf_8(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"f\xf6r")
    folder.mkdir()
    weights = checked(saved(folder / "x.pth", {"params": compact()}), folder / "out.safetensors")
    assert weights.path is not None
    assert checked(weights.path, folder / "again.safetensors").architecture == "RealESRGAN Compact"
    for library in ("auto", TORCH):
        assert open_backend(weights, "fp32", library).upscale(np.zeros((1, 8, 8, 3), np.uint8)).shape == (1, 32, 32, 3)


def test_weights_that_changed_on_disk_do_not_run(tmp_path: Path) -> None:
    target = tmp_path / "out.safetensors"
    weights = checked(saved(tmp_path / "x.pth", {"params": compact()}), target)
    save_file({key: tensor + 1 for key, tensor in compact().items()}, target)
    with pytest.raises(PipelineError, match="have changed on disk"):
        open_backend(weights, "fp32")


class Touches:
    """Pickled, it asks whoever opens it to run a command."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.path}",)


def _raw_pickle(path: Path, evil: Touches) -> None:
    path.write_bytes(pickle.dumps({"params": evil}, protocol=2))


def _newer_raw_pickle(path: Path, evil: Touches) -> None:
    path.write_bytes(pickle.dumps({"params": evil}, protocol=5))


def _torch_pickle(path: Path, evil: Touches) -> None:
    torch.save({"params": compact(), "extra": evil}, path)


def _old_torch_pickle(path: Path, evil: Touches) -> None:
    torch.save({"params": evil}, path, _use_new_zipfile_serialization=False)


def _zip_with_a_pickle(path: Path, evil: Touches) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(evil, protocol=2))
        archive.writestr("archive/version", "3")


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize(
    "write", [_raw_pickle, _newer_raw_pickle, _torch_pickle, _old_torch_pickle, _zip_with_a_pickle]
)
def test_a_pickle_that_would_run_code_is_refused_and_runs_nothing(
    write: Callable[[Path, Touches], None], tmp_path: Path
) -> None:
    proof, checkpoint = tmp_path / "it-ran", tmp_path / "net_g_latest.pth"
    write(checkpoint, Touches(proof))
    with pytest.raises(Refused, match=r"contains code.*None of it was run|isn't a weights file"):
        checked(checkpoint, tmp_path / "out.safetensors")
    assert not proof.exists()
    assert not (tmp_path / "out.safetensors").exists()


def test_the_pickle_of_these_tests_does_run_code_where_nobody_minds(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Touches(tmp_path / "it-ran")))
    assert (tmp_path / "it-ran").exists()


def _discriminator(path: Path) -> None:
    torch.save({"params": discriminator()}, path)


def _text(path: Path) -> None:
    path.write_text("These are the weights that you asked for.\n" * 50)


def _empty(path: Path) -> None:
    path.touch()


def _truncated(path: Path) -> None:
    torch.save({"params": compact()}, path)
    path.write_bytes(path.read_bytes()[:-3000])


def _truncated_safetensors(path: Path) -> None:
    save_file(compact(), path)
    path.write_bytes(path.read_bytes()[:-3000])


def _wrong_shapes(path: Path) -> None:
    network = compact()
    last = max(key for key in network if network[key].ndim == 4)
    save_file(network | {last: network[last][:, :5].contiguous()}, path)


def _missing_layers(path: Path) -> None:
    network = rrdb(blocks=2)
    save_file({key: value for key, value in network.items() if "rdb2" not in key}, path)


def _one_channel(path: Path) -> None:
    torch.save({"params": compact(channels=1)}, path)


def _classifier(path: Path) -> None:
    torch.save({"state_dict": {"fc.weight": torch.zeros(10, 4), "fc.bias": torch.zeros(10)}}, path)


def _a_list(path: Path) -> None:
    torch.save([1, 2, 3], path)


def _numbers_only(path: Path) -> None:
    torch.save({"epoch": 7, "loss": 0.1}, path)


def _cast(dtype: torch.dtype) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        torch.save({"params": {key: tensor.to(dtype) for key, tensor in compact().items()}}, path)

    return write


def _one_number_is(number: float) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        network = compact()
        next(iter(network.values())).view(-1)[5] = number
        torch.save({"params": network}, path)

    return write


def _zeros(network: State) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        torch.save({"params": {key: torch.zeros_like(tensor) for key, tensor in network.items()}}, path)

    return write


def _too_large_numbers(path: Path) -> None:
    torch.save({"params": {key: tensor * 1e30 for key, tensor in compact().items()}}, path)


def _repeated_numbers(path: Path) -> None:
    network = compact()
    torch.save({"params": {key: tensor.flatten()[:1].expand(512, 512, 3, 3) for key, tensor in network.items()}}, path)


def _many_tensors(path: Path) -> None:
    torch.save({"params": compact() | {f"x{number}": torch.zeros(0) for number in range(MAX_TENSORS)}}, path)


def _many_tensors_in_safetensors(path: Path) -> None:
    entry = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    header = json.dumps({f"layer.{number}.weight": entry for number in range(120_000)}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(len(header)))


def _video(path: Path) -> None:
    path.write_bytes(b"RIFF\x00\x10\x00\x00AVI LIST" + bytes(4000))


@pytest.mark.parametrize(
    ("write", "reason"),
    [
        (_discriminator, "This is a discriminator"),
        (_text, "isn't a weights file"),
        (_empty, "isn't a weights file"),
        (_truncated, "incomplete"),
        (_truncated_safetensors, "damaged"),
        (_wrong_shapes, "don't fit"),
        (_missing_layers, r"don't fit|no known architecture"),
        (_one_channel, "takes 1 channels"),
        (_classifier, "no known architecture"),
        (_a_list, "something other than weights"),
        (_numbers_only, "holds no weights"),
        (_video, "isn't a weights file"),
        (_cast(torch.int8), r"stored as int8.*before the conversion"),
        (_cast(torch.int64), "stored as int64"),
        (_cast(torch.bool), "stored as bool"),
        (_cast(torch.complex64), "stored as complex64"),
        (_cast(torch.float8_e4m3fn), "stored as float8_e4m3fn"),
        (_one_number_is(float("nan")), r"diverged\. Use an earlier checkpoint\.$"),
        (_one_number_is(float("-inf")), r"diverged\. Use an earlier checkpoint\.$"),
        (_too_large_numbers, r"test picture.*diverged"),
        (_zeros(compact()), "changes nothing.*equals plain enlargement"),
        (_zeros(compact(scale=1)), "changes nothing.*equals plain enlargement"),
        (_zeros(rrdb()), "one plain colour"),
        (_zeros(swinir()), "one plain colour"),
        (_repeated_numbers, "many times larger than the file"),
        (_many_tensors, "more tensors than any image network"),
        (_many_tensors_in_safetensors, "more tensors than any image network"),
    ],
)
def test_what_is_no_generator_is_refused_with_the_reason(
    write: Callable[[Path], None], reason: str, tmp_path: Path
) -> None:
    checkpoint = tmp_path / "net_g_latest.pth"
    write(checkpoint)
    with pytest.raises(Refused, match=reason) as caught:
        checked(checkpoint, tmp_path / "out.safetensors")
    assert "\n" not in caught.value.message
    assert not (tmp_path / "out.safetensors").exists()
