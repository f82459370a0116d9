"""Our frames are those of RealESRGANer, the package that everyone compares with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.clips import corpus, make_clip, shared_weights
from tests.pipeline.conftest import Planned
from tests.pipeline.networks.networks_of import checked, compact, discriminator, rrdb
from upscaler.pipeline.core.frame import Frame
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.networks import compat
from upscaler.pipeline.networks.backend import Backend
from upscaler.pipeline.networks.builtin import BUILTIN, DEFAULT
from upscaler.pipeline.networks.registry import open_backend
from upscaler.pipeline.networks.weights import read
from upscaler.pipeline.render.decode import Decoder

CLIPS = (
    "wmv2_320x240_30_wma.wmv",
    "xvid_320x240_native_30.avi",
    "spark_320x240_30_mp3.flv",
    "svq1_320x240_15_ima.mov",
    "mpeg1_352x240_vcd_sar.mpg",
)
FRAMES_OF_EACH = (0, 30, 75, 149)
needs_realesrgan = pytest.mark.skipif(compat.MISSING is not None, reason=str(compat.MISSING))


def reference(tensors: dict[str, torch.Tensor], network: Any, folder: Path, scale: int = 4) -> Any:
    """RealESRGANer with these weights, set as exactly as it can be."""
    checkpoint = folder / "reference.pth"
    torch.save({"params": tensors}, checkpoint)
    return compat.realesrgan().RealESRGANer(
        scale=scale, model_path=str(checkpoint), model=network, tile=0, pre_pad=0, half=False
    )


def enhanced(upsampler: Any, frame: Frame) -> Frame:
    """RealESRGANer takes and gives BGR."""
    picture, _ = upsampler.enhance(np.ascontiguousarray(frame[..., ::-1]))
    result: Frame = picture[..., ::-1]
    return result


def most_difference(ours: Frame, theirs: Frame) -> int:
    assert ours.shape == theirs.shape
    return int(np.abs(ours.astype(int) - theirs.astype(int)).max())


def corpus_frames(name: str, planned: Callable[..., Planned], limits: Limits) -> list[Frame]:
    work = planned(corpus(name), Recipe(trim=(0, FRAMES_OF_EACH[-1] + 1)))
    with Decoder(work.source, work.plan, limits) as decoder:
        return [frame for number, frame in enumerate(decoder) if number in FRAMES_OF_EACH]


def compact_network(**options: Any) -> Any:
    compat.realesrgan()
    from realesrgan.archs.srvgg_arch import SRVGGNetCompact

    return SRVGGNetCompact(**{"num_feat": 64, "num_conv": 16, "upscale": 4, "act_type": "prelu"} | options)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Backend, Any]:
    """The shipped network, and the reference with its weights."""
    weights = BUILTIN[DEFAULT]
    assert weights.path is not None
    theirs = reference(read(weights.path), compact_network(), tmp_path_factory.mktemp("reference"))
    return open_backend(weights, "fp32"), theirs


@needs_realesrgan
@pytest.mark.network
@pytest.mark.parametrize("name", CLIPS)
def test_the_shipped_network_equals_the_reference_on_corpus_frames(
    name: str, shipped: tuple[Backend, Any], planned: Callable[..., Planned], limits: Limits
) -> None:
    """Five clips of four frames: 20 frames, every pixel within 1 of 255."""
    ours, theirs = shipped
    frames = corpus_frames(name, planned, limits)
    assert len(frames) == len(FRAMES_OF_EACH)
    for frame in frames:
        assert most_difference(ours.upscale(frame[None])[0], enhanced(theirs, frame)) <= 1


@needs_realesrgan
@pytest.mark.network
def test_the_large_network_equals_the_reference(
    tmp_path: Path, planned: Callable[..., Planned], limits: Limits
) -> None:
    source = shared_weights("RealESRGAN_x4plus.fp16.safetensors")
    network = compat.rrdbnet(num_in_ch=3, num_out_ch=3, num_feat=64, num_block=23, num_grow_ch=32, scale=4)
    theirs = reference(read(source), network, tmp_path)
    ours = open_backend(checked(source, tmp_path / "converted.safetensors"), "fp32")
    crop = np.ascontiguousarray(corpus_frames(CLIPS[0], planned, limits)[1][100:148, 100:148])
    assert most_difference(ours.upscale(crop[None])[0], enhanced(theirs, crop)) <= 1


@needs_realesrgan
@pytest.mark.parametrize("scale", [2, 4])
def test_small_networks_equal_the_reference(
    scale: int, tmp_path: Path, planned: Callable[..., Planned], limits: Limits
) -> None:
    """Without the corpus: both architectures, random weights, a test picture of even sides."""
    clip = make_clip(tmp_path / "clip.avi", frames=2, sound=None)
    with Decoder(clip, planned(clip).plan, limits) as decoder:
        frame = next(iter(decoder))
    networks = {
        "compact": (compact(scale=scale), compact_network(num_feat=8, num_conv=2, upscale=scale)),
        "rrdb": (
            rrdb(scale=scale),
            compat.rrdbnet(num_in_ch=3, num_out_ch=3, num_feat=8, num_block=1, num_grow_ch=32, scale=scale),
        ),
    }
    for name, (tensors, network) in networks.items():
        checkpoint = tmp_path / f"{name}.pth"
        torch.save({"params": tensors}, checkpoint)
        ours = open_backend(checked(checkpoint, tmp_path / f"{name}.safetensors"), "fp32")
        theirs = reference(tensors, network, tmp_path, scale)
        assert most_difference(ours.upscale(frame[None])[0], enhanced(theirs, frame)) <= 1


@needs_realesrgan
def test_the_small_discriminator_has_the_layout_of_the_reference() -> None:
    compat.realesrgan()
    from realesrgan.archs.discriminator_arch import UNetDiscriminatorSN

    theirs = UNetDiscriminatorSN(num_in_ch=3, num_feat=4).state_dict()
    assert {name: tensor.shape for name, tensor in discriminator().items()} == {
        name: tensor.shape for name, tensor in theirs.items()
    }


@pytest.mark.parametrize("scale", [2, 4])
def test_odd_pictures_keep_their_size(scale: int, tmp_path: Path) -> None:
    torch.save({"params": rrdb(scale=scale)}, tmp_path / "x.pth")
    ours = open_backend(checked(tmp_path / "x.pth", tmp_path / "x.safetensors"), "fp32")
    for height, width in ((17, 23), (16, 23), (240, 17)):
        picture = np.random.default_rng(2).integers(0, 255, (1, height, width, 3), np.uint8)
        assert ours.upscale(picture).shape == (1, height * scale, width * scale, 3)


@pytest.mark.network
def test_bf16_is_close_to_fp32(tmp_path: Path, planned: Callable[..., Planned], limits: Limits) -> None:
    frame = corpus_frames(CLIPS[0], planned, limits)[2][None, :120, :160]
    exact, quick = (open_backend(BUILTIN[DEFAULT], precision).upscale(frame) for precision in ("fp32", "bf16"))
    error = np.mean((exact.astype(float) - quick) ** 2)
    assert 10 * np.log10(255**2 / error) > 50  # decibels of PSNR: the floor that tune.py keeps to
