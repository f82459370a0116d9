"""Videos as captures: what is measured, and from where samples are taken."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.training.recordings import gliding, record
from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import probe
from upscaler.training.captures.probe import probe_capture
from upscaler.training.captures.samples import MAX_COUNTED, SAMPLES, sampled_frames
from upscaler.training.core.capture import Capture, CaptureKind

LIMITS = Limits()


def test_a_video_has_its_size_rate_and_counted_frames(tmp_path: Path) -> None:
    path = record(tmp_path / "Run 1.mkv", gliding(1, 12, 128, 96), rate="30000/1001")

    capture = probe_capture(path, LIMITS)

    assert (capture.id, capture.kind, capture.path) == ("run-1", CaptureKind.VIDEO, path)
    assert (capture.width, capture.height, capture.frames) == (128, 96, 12)
    assert capture.rate is not None
    assert abs(float(capture.rate) - 29.97) < 0.01


def test_facts_that_were_measured_before_are_not_measured_again(tmp_path: Path) -> None:
    path = record(tmp_path / "clip.mkv", gliding(1, 12, 128, 96))
    facts = analyse(path, probe(path, LIMITS), LIMITS)
    measured: list[int] = []

    capture = probe_capture(path, LIMITS, facts=facts, on_progress=measured.append)

    assert (capture.frames, capture.rate, measured) == (12, 30, [])


@pytest.mark.parametrize("suffix", ["mkv", "avi"])
def test_samples_of_a_long_video_come_from_all_over_it(tmp_path: Path, suffix: str) -> None:
    count = MAX_COUNTED + 40
    frames = [np.full((64, 64, 3), number * 256 // count, np.uint8) for number in range(count)]
    path = record(tmp_path / f"clip.{suffix}", frames, "-c:v", "libx264", "-g", "48", "-pix_fmt", "yuv444p")
    capture = Capture("test", path, CaptureKind.VIDEO, 64, 64, Fraction(30), count)

    levels = [float(frame.mean()) for frame in sampled_frames(capture, LIMITS)]

    expected = [256 * (2 * at + 1) / (2 * SAMPLES) for at in range(SAMPLES)]
    assert levels == pytest.approx(expected, abs=8)


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    (tmp_path / "clip.mkv").write_bytes(b"no video" * 1000)

    with pytest.raises(Refused, match="This isn't a video that HaloWeb can read"):
        probe_capture(tmp_path / "clip.mkv", LIMITS)
