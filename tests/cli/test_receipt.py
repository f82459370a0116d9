"""What --json prints, and what is printed without it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.cli.commandline import PROGRESS, upscale
from tests.clips import make_clip


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.avi", frames=20)


def test_the_receipt_says_what_was_done_and_what_came_out(clip: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    finished = upscale(clip, target, "--json")
    assert finished.returncode == 0, finished.stderr
    receipt = json.loads(finished.stdout)
    result = receipt["result"]
    assert (result["frames_in"], result["frames_out"], receipt["planned_frames"]) == (20, 20, 20)
    assert (result["rate"], result["width"], result["height"]) == ("30", 256, 192)
    assert abs(result["duration_s"] - 20 / 30) < 0.001
    assert {"audio_offset_in_ms", "audio_offset_out_ms", "audio_shift_ms"} <= result.keys()
    assert set(result["colour"].values()) == {"bt709", "tv"}
    assert result["size"] == target.stat().st_size
    assert result["sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()
    assert {"name", "sha256", "architecture", "scale"} <= receipt["model"].keys()
    assert receipt["seconds"] >= receipt["render_seconds"] > 0
    assert receipt["fps"] > 0
    assert {"torch", "spandrel", "ffmpeg"} <= receipt["versions"].keys()


def test_without_a_terminal_there_are_plain_lines_and_one_summary(clip: Path, tmp_path: Path) -> None:
    finished = upscale(clip, tmp_path / "out.mp4")
    assert finished.returncode == 0
    assert "\r" not in finished.stderr
    assert [line.rstrip(".") for line in finished.stderr.splitlines()] == list(PROGRESS)
    assert "20 frames, 256x192" in finished.stdout
    assert len(finished.stdout.splitlines()) == 1


def test_twice_the_same_is_the_same_file(clip: Path, tmp_path: Path) -> None:
    for name in ("once.mp4", "again.mp4"):
        assert upscale(clip, tmp_path / name).returncode == 0
    assert (tmp_path / "once.mp4").read_bytes() == (tmp_path / "again.mp4").read_bytes()
