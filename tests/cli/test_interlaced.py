"""Interlaced play comes out whole: no combing is left, whichever field comes first.

Combing is measured by ffmpeg's idet, frame by frame, on the source and on the result.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.faithful import combing
from tests.cli.commandline import upscale
from tests.clips import FOOTAGE, corpus, ffmpeg

FRAMES = 30


def filmed(folder: Path, mode: str) -> Path:
    """Real play at 30 frames a second, two of them woven into each frame, the first one's lines on top or below."""
    truth = FOOTAGE / "gt" / "rpg.mkv"
    if not truth.is_file():
        pytest.skip("there is no corpus beside this checkout")
    target = folder / "fields.mpg"
    weave = f"scale=640:480,tinterlace=mode={mode}"
    ffmpeg("-i", truth, "-vf", weave, "-frames:v", str(FRAMES), "-c:v", "mpeg2video", "-q:v", "3", "-an", target)
    return target


def test_a_capture_of_the_corpus_is_whole(tmp_path: Path) -> None:
    check(corpus("mpeg2_640x480_interlaced_tff.mpg"), "tff", tmp_path)


@pytest.mark.parametrize(("mode", "order"), [("interleave_top", "tff"), ("interleave_bottom", "bff")])
def test_either_field_may_come_first(mode: str, order: str, tmp_path: Path) -> None:
    check(filmed(tmp_path, mode), order, tmp_path)


def check(source: Path, order: str, folder: Path) -> None:
    target = folder / "out.mp4"
    finished = upscale(source, target, "--frames", f"0:{FRAMES}", "--scale", "1", "--json")
    assert finished.returncode == 0, finished.stderr
    receipt = json.loads(finished.stdout)
    assert (receipt["source"]["field_order"], receipt["plan"]["deinterlace"]) == (order, "frame")
    assert combing(source) > 0.9
    assert combing(target) < 0.02
