"""script/train turns captures into a published model that upscales a clip, and continues after an interruption."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.cli.commandline import upscale
from tests.clips import ffmpeg, make_clip
from upscaler.pipeline.networks.weights import read

ROOT = Path(__file__).parents[2]
STEPS = 200


@pytest.fixture(scope="module")
def captures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("captures")
    make_clip(folder / "first map.mkv", size="384x288", frames=45, sound=None)
    made = ("-f", "lavfi", "-i", "mandelbrot=size=384x288:rate=30:end_scale=0.01", "-frames:v", "45", "-q:v", "3")
    ffmpeg(*made, "-c:v", "mpeg4", f"file:{folder / 'second map.mkv'}")
    (folder / "third map.mkv").write_bytes((folder / "first map.mkv").read_bytes())
    return folder


def command(captures: Path, project: Path, *more: str) -> list[str]:
    return [
        "script/train", str(captures), "--project", str(project), "--name", "tiny", "--held-out", "second map",
        "--base", "none", "--network", "8x2", "--patch", "24", "--twins", "2", "--samples", "20", "--threads", "1",
        "--steps", str(STEPS), "--licence", "GPL-2.0-or-later", "--era", "320x240", *more,
    ]  # fmt: skip


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)


def test_captures_become_a_model_that_upscales_a_clip(captures: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    trained = run(*command(captures, project))
    assert trained.returncode == 0, trained.stderr
    assert "third map.mkv is left out: This capture is in the dataset already, as first-map." in trained.stderr
    assert trained.stdout.startswith(f"tinyv1: {STEPS} steps in ")
    published = project / "published" / "tinyv1"
    card = json.loads((published / "card.json").read_text())
    assert card["lineage"]["steps"] == STEPS
    assert card["lineage"]["dataset"]["held_out_maps"] == ["capture second-map"]
    assert any("GPL-2.0-or-later" in sentence for sentence in card["limits"])
    assert "PSNR" in card["evaluation"]["tables"]
    assert list(published.glob("picture-*.png"))
    weights = read(published / "net_g_latest.pth")
    assert weights.keys() == read(published / "tinyv1.safetensors").keys()

    clip = make_clip(tmp_path / "clip.avi", frames=6)
    finished = upscale(clip, tmp_path / "clip.mp4", "--model", str(published / "net_g_latest.pth"), "--json")
    assert finished.returncode == 0, finished.stderr
    result = json.loads(finished.stdout)
    assert (result["result"]["width"], result["result"]["frames_out"]) == (256, 6)

    again = run(*command(captures, project, "--rate", "0.001"))
    assert again.returncode == 2
    assert "started with other settings (training rate)" in again.stderr


def test_a_run_that_is_interrupted_leaves_a_checkpoint_to_continue_from(captures: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command(captures, project, "--steps", "100000"), cwd=ROOT, stderr=log, stdout=log)
        until = time.monotonic() + 240
        curve = project / "run" / "curve.jsonl"
        while not (curve.is_file() and curve.stat().st_size):
            assert process.poll() is None and time.monotonic() < until, (tmp_path / "log").read_text()
            time.sleep(0.1)
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(60) == 130
    assert (tmp_path / "log").read_text().endswith("Stopped. Start the same command to continue.\n")
    (checkpoint,) = (project / "run" / "checkpoints").glob("step-*.pt")
    assert int(checkpoint.stem.partition("-")[2]) >= 20


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--held-out", "nowhere"], "No capture is called nowhere"),
        (["--name", "h1v1"], "Leave the number out"),
        (["--network", "huge"], "'huge' is no network"),
        (["--held-out"], "so none can be held out"),
        (["--base", "nothing.pth"], "There is no model or file called 'nothing.pth'"),
    ],
)
def test_what_can_t_be_trained_is_one_sentence(captures: Path, tmp_path: Path, more: list[str], sentence: str) -> None:
    one = captures / "first map.mkv" if "--held-out" in more and len(more) == 1 else captures
    refused = run(*command(one, tmp_path / "project", *more))
    assert refused.returncode == 2
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr
