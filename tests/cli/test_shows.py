"""script/upscale on the corpus: the promises that a person can check."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commandline import upscale
from tests.clips import corpus, truth_of
from tests.e2e import tuned
from tests.listening import sound_shift_ms

MAX_SHIFT_MS = 10


def first_stream(path: Path, kind: str) -> dict[str, Any]:
    command = ["ffprobe", "-v", "error", "-count_frames", "-select_streams", kind, "-show_streams", "-of", "json"]
    answer = json.loads(subprocess.check_output([*command, str(path)], timeout=120))
    stream: dict[str, Any] = answer["streams"][0]
    return stream


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("wmv2_320x240_30_wma.wmv", ()),
        ("xvid_320x240_30_mp3.avi", ("--height", "240")),
        ("spark_320x240_30_mp3.flv", ("--height", "240")),
    ],
)
def test_an_old_clip_is_upscaled_with_every_frame_and_its_sound_in_place(
    name: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    """All of it, one of them to the 1280x960 that it becomes by itself: most of the time is that of its encoder."""
    source, target = corpus(name), tmp_path / "out.mp4"
    finished = upscale(source, target, *options, "--json")
    assert finished.returncode == 0, finished.stderr
    receipt = json.loads(finished.stdout)
    truth = truth_of(name)
    video = first_stream(target, "v:0")
    assert (video["codec_name"], video["width"], video["height"]) == ("h264", *((320, 240) if options else (1280, 960)))
    assert int(video["nb_read_frames"]) == receipt["source"]["frames"] == truth["decoded_frames"]
    assert receipt["result"]["frames_out"] == truth["decoded_frames"]
    assert abs(float(video["duration"]) - truth["decoded_frames"] / truth["nominal_fps"]) < 0.01
    for window in ((0.5, 3.5), (6.5, 9.5)):  # in place at the start, and no drift by the end
        assert abs(sound_shift_ms(source, target, window=window)) <= MAX_SHIFT_MS


@pytest.mark.parametrize(
    "name",
    [
        "xvid_320x240_audio_late_0.75s.mkv",
        "h264_320x240_audio_early_0.4s.mp4",
        "mpeg1_352x240_vcd_sar.mpg",
        "wmv1_320x240_vfr_wma.wmv",
        "svq1_320x240_15_ima.mov",
        "xvid_320x240_avi_null_frames.avi",
    ],
)
def test_a_part_of_a_difficult_clip_keeps_its_sound_in_place(name: str, tmp_path: Path) -> None:
    source, target = corpus(name), tmp_path / "out.mp4"
    finished = upscale(source, target, "--frames", "60:120", "--height", "240", "--json")
    assert finished.returncode == 0, finished.stderr
    rate = truth_of(name)["nominal_fps"]
    assert int(first_stream(target, "v:0")["nb_read_frames"]) == 60
    shift = sound_shift_ms(source, target, source_zero=60 / rate, window=(0.1, min(60 / rate, 4) - 0.1))
    assert abs(shift) <= MAX_SHIFT_MS


@pytest.mark.network
def test_the_real_network_upscales_a_corpus_clip(tmp_path: Path) -> None:
    """How quick each engine is, is measured by tests/pipeline/networks/test_tune.py."""
    source, target = corpus("wmv2_320x240_30_wma.wmv"), tmp_path / "out.mp4"
    tuned.bring(tmp_path / "cache" / "haloweb")
    network = ("--model", "realesr-animevideov3", "--frames", "0:8")
    finished = upscale(source, target, *network, "--json", XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert finished.returncode == 0, finished.stderr
    receipt = json.loads(finished.stdout)
    assert receipt["model"]["name"] == "realesr-animevideov3"
    assert len(receipt["model"]["sha256"]) == 64
    assert receipt["engine"]["backend"] in ("torch", "winograd", "openvino")
    video = first_stream(target, "v:0")
    assert (video["width"], video["height"], int(video["nb_read_frames"])) == (1280, 960, 8)


@pytest.mark.network
def test_a_trainers_checkpoint_upscales_too(tmp_path: Path) -> None:
    import torch

    from tests.pipeline.networks.networks_of import rrdb

    checkpoint, target = tmp_path / "net_g_latest.pth", tmp_path / "out.mp4"
    torch.save({"params_ema": rrdb()}, checkpoint)
    source = corpus("cinepak_240x180_10_pcm8.avi")
    finished = upscale(source, target, "--model", checkpoint, "--frames", "0:2", "--precision", "fp32", "--json")
    assert finished.returncode == 0, finished.stderr
    receipt = json.loads(finished.stdout)
    assert (receipt["model"]["name"], receipt["model"]["architecture"]) == ("net_g_latest", "ESRGAN")
    assert receipt["engine"]["precision"] == "fp32"
    assert receipt["result"]["width"] == 960
