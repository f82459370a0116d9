"""VMAF-NEG and XPSNR of whole sequences."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.training.arrays import picture
from tests.training.evaluation.cases import contestants, moving_case
from upscaler.training.core import pinned_ffmpeg
from upscaler.training.core.twin import Pixels
from upscaler.training.evaluation import report
from upscaler.training.evaluation.clips import Sampling
from upscaler.training.evaluation.evaluate import evaluate
from upscaler.training.evaluation.rows import ClipRow
from upscaler.training.evaluation.summary import summarise
from upscaler.training.evaluation.vmaf import SequenceMeter, SequenceScores

WIDTH, HEIGHT = 160, 128


def truths(count: int = 5) -> list[Pixels]:
    wide = picture(256, 3)
    return [np.ascontiguousarray(wide[:HEIGHT, 4 * n : 4 * n + WIDTH]) for n in range(count)]


def blurred(frame: Pixels, sigma: float) -> Pixels:
    return np.asarray(cv2.GaussianBlur(frame, (0, 0), sigma), np.uint8)


def scores(pictures: list[Pixels], of: list[Pixels]) -> SequenceScores:
    with SequenceMeter() as meter:
        for one, truth in zip(pictures, of, strict=True):
            meter.add(one, truth)
        return meter.finish()


def test_a_sequence_loses_by_blur_and_equal_frames_lose_nothing() -> None:
    of = truths()
    equal, slight, strong = (scores([blurred(each, sigma) for each in of], of) for sigma in (0.01, 1.0, 3.0))
    assert equal.vmaf_neg > 95
    assert equal.xpsnr_y == 100
    assert equal.vmaf_neg > slight.vmaf_neg > strong.vmaf_neg
    assert equal.xpsnr_y > slight.xpsnr_y > strong.xpsnr_y


def test_frames_are_paired_by_their_order() -> None:
    of = truths()
    assert scores(of[1:], of[:-1]).xpsnr_y < 60 < scores(of[1:], of[1:]).xpsnr_y


def test_sharpening_does_not_raise_vmaf_neg() -> None:
    of = [blurred(each, 1.0) for each in truths()]
    sharpened = [np.clip(1.6 * each - 0.6 * blurred(each, 2.0), 0, 255).astype(np.uint8) for each in of]
    assert scores(sharpened, of).vmaf_neg <= scores(of, of).vmaf_neg


def test_the_scores_are_those_of_ffmpeg_on_two_files(tmp_path: Path) -> None:
    of = truths()
    pictures = [blurred(each, 1.5) for each in of]
    for name, frames in (("picture", pictures), ("truth", of)):
        (tmp_path / name).write_bytes(b"".join(each.tobytes() for each in frames))
    raw = ["-f", "rawvideo", "-pixel_format", "rgb24", "-framerate", "30", "-video_size", f"{WIDTH}x{HEIGHT}", "-i"]
    yuv = "scale=out_color_matrix=bt709:out_range=limited:flags=bicubic+accurate_rnd+full_chroma_int+bitexact"
    graph = (
        f"[0]{yuv},format=yuv444p,split[a][c];[1]{yuv},format=yuv444p,split[b][d];"
        "[a][b]libvmaf=model=version=vmaf_v0.6.1neg:log_fmt=json:log_path=vmaf.json[e];[c][d]xpsnr=stats_file=xpsnr[f]"
    )
    command = [str(pinned_ffmpeg.path()), "-v", "error", *raw, "picture", *raw, "truth", "-lavfi", graph]
    subprocess.run([*command, "-map", "[e]", "-map", "[f]", "-f", "null", "-"], cwd=tmp_path, check=True, timeout=60)
    result = scores(pictures, of)
    expected = json.loads((tmp_path / "vmaf.json").read_text())["pooled_metrics"]["vmaf"]["mean"]
    assert result.vmaf_neg == pytest.approx(expected, abs=1e-4)
    assert f"y: {result.xpsnr_y:.4f}" in (tmp_path / "xpsnr").read_text().splitlines()[-1]


def test_an_evaluation_scores_sequences_and_goes_on_without_them(tmp_path: Path) -> None:
    cases, path = [moving_case("one")], tmp_path / "rows"
    before = evaluate(cases, contestants(), path, Sampling(2), with_sequences=False)
    rows = evaluate(cases, contestants(), path, Sampling(2))
    found = {row.key.contestant: row.vmaf_neg for row in rows if isinstance(row, ClipRow)}
    assert all(value is not None and 0 <= value <= 100 for value in found.values())
    assert found["mine"] != found["stock"]
    assert len(rows) == len(before)
    assert "| VMAF-NEG | XPSNR-Y, dB |" in report.to_markdown(summarise(rows), Sampling(2))
