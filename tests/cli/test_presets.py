"""Presets, filters and scale on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.commandline import complaint, upscale
from tests.clips import corpus, make_clip, truth_of
from tests.listening import sound_shift_ms
from tests.pipeline.outputs_of import probed
from upscaler.pipeline.core.presets import PRESETS
from upscaler.pipeline.core.recipe import CHOICES


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.avi", frames=36)


@pytest.mark.parametrize(
    ("preset", "target", "right"),
    [("ffv1", "out.mp4", "out.mkv"), ("prores", "out.mkv", "out.mov"), ("h264", "out.avi", "out.mp4")],
)
def test_a_target_of_another_container_is_refused_with_the_right_name(
    preset: str, target: str, right: str, clip: Path, tmp_path: Path
) -> None:
    finished = upscale(clip, tmp_path / target, "--preset", preset)
    assert finished.returncode == 2
    assert f"name the target {right}." in complaint(finished)
    assert not list(tmp_path.iterdir())


def test_a_preset_whose_encoder_is_missing_is_refused_with_the_reason(clip: Path, tmp_path: Path) -> None:
    if Path("/dev/nvidia0").exists():
        pytest.skip("this machine has what the test wants to be missing")
    finished = upscale(clip, tmp_path / "out.mp4", "--preset", "h264-nvenc")
    assert finished.returncode == 2
    assert complaint(finished) == "The preset h264-nvenc can't be used: This machine has no NVIDIA encoder."


def test_the_presets_are_listed_with_what_works_here() -> None:
    finished = upscale("--list-presets")
    assert finished.returncode == 0, finished.stderr
    lines = finished.stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(PRESETS)
    assert next(line for line in lines if line.startswith("h264 ")).endswith("[available]")


def test_help_lists_every_filter_and_its_values() -> None:
    words = " ".join(upscale("--help").stdout.split())
    for name, values in CHOICES.items():
        assert f"{name} {', '.join(values)}" in words


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("crop=3", "The filter crop can't be '3'. Choose auto, off, or the pixels"),
        ("sharpen=on", "'sharpen=on' isn't a filter setting"),
        ("denoise", "'denoise' isn't a filter setting"),
    ],
)
def test_a_setting_that_there_is_none_of_is_refused(setting: str, says: str, clip: Path, tmp_path: Path) -> None:
    finished = upscale(clip, tmp_path / "out.mp4", "--set", setting)
    assert finished.returncode == 2
    assert says in complaint(finished)


def test_settings_and_a_scale_reach_the_result_and_its_receipt(clip: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.mkv"
    settings = ("--set", "crop=4:0:4:8", "--set", "denoise=light", "--scale", "1.5", "--preset", "utvideo")
    finished = upscale(clip, target, *settings, "--json")
    assert finished.returncode == 0, finished.stderr
    receipt = json.loads(finished.stdout)
    video = probed(target)["streams"][0]
    assert (video["codec_name"], video["width"], video["height"]) == ("utvideo", 84, 60)
    assert receipt["recipe"]["filters"]["denoise"] == "light"
    assert receipt["plan"]["crop"] == {"left": 4, "top": 0, "right": 4, "bottom": 8}
    assert "atadenoise" in receipt["plan"]["filters"]
    assert [path.name for path in tmp_path.iterdir()] == ["out.mkv"]  # no copy for browsers


@pytest.mark.parametrize("scale", ["0", "9", "two"])
def test_a_scale_that_is_not_possible_is_refused(scale: str, clip: Path, tmp_path: Path) -> None:
    finished = upscale(clip, tmp_path / "out.mp4", "--scale", scale)
    assert finished.returncode == 2
    assert "scale" in finished.stderr


def test_the_receipt_says_what_was_checked_and_what_became_of_every_stream(clip: Path, tmp_path: Path) -> None:
    receipt = json.loads(upscale(clip, tmp_path / "out.mp4", "--json").stdout)
    checks = {check["name"]: check for check in receipt["checks"]}
    assert all(check["passed"] for check in receipt["checks"])
    assert checks["frames"]["got"] == checks["frames rendered"]["got"] == str(receipt["planned_frames"])
    assert {"size", "pixel aspect ratio", "colour tags", "audio tracks", "sound against the pictures"} <= checks.keys()
    (track,) = receipt["streams"]
    assert (track["codec"], track["said"], track["result"]) == ("pcm_s16le", "encoded as AAC", "aac")
    assert receipt["warnings"] == []
    assert receipt["plan"]["encoder"] == "libx264"
    assert receipt["versions"]["ffmpeg"][0].isdigit()


def test_a_damaged_source_gives_what_decodes_and_a_warning(tmp_path: Path) -> None:
    source, target = corpus("wmv2_truncated.wmv"), tmp_path / "out.mp4"
    finished = upscale(source, target, "--height", "240", "--json")
    assert finished.returncode == 0, finished.stderr
    receipt = json.loads(finished.stdout)
    assert receipt["result"]["frames_out"] >= truth_of("wmv2_truncated.wmv")["decoded_frames"]
    assert any("before its declared end" in warning for warning in receipt["warnings"]), receipt["warnings"]


def test_an_old_clip_becomes_prores_with_its_sound_in_place(tmp_path: Path) -> None:
    source, target = corpus("wmv2_320x240_15_wma.wmv"), tmp_path / "out.mov"
    finished = upscale(source, target, "--preset", "prores", "--height", "240", "--json")
    assert finished.returncode == 0, finished.stderr
    assert [stream["codec_name"] for stream in probed(target)["streams"]] == ["prores", "pcm_s16le"]
    assert abs(sound_shift_ms(source, target, window=(0.5, 3.5))) <= 10
