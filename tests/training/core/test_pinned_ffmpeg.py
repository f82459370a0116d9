"""One FFmpeg with period encoders and quality metrics, the same on every machine, run with limits."""

from __future__ import annotations

from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from upscaler.pipeline.core.errors import PipelineError, Stalled
from upscaler.pipeline.core.limits import Limits
from upscaler.training.core import pinned_ffmpeg

LIMITS = Limits(stall_seconds=30)


def test_the_program_is_the_package_s_own_and_not_one_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/usr/bin/false")
    pinned_ffmpeg.path.cache_clear()
    assert pinned_ffmpeg.path().parent == Path(imageio_ffmpeg.__file__).parent / "binaries"


def test_its_version_is_that_which_the_program_tells() -> None:
    told = pinned_ffmpeg.run(["-version"], limits=LIMITS, label="FFmpeg").decode().split()[2]
    assert told.lstrip("n").startswith(pinned_ffmpeg.version())


def test_it_has_the_period_encoders_and_the_quality_metrics() -> None:
    encoders = pinned_ffmpeg.run(["-encoders"], limits=LIMITS, label="FFmpeg").decode().split()
    filters = pinned_ffmpeg.run(["-filters"], limits=LIMITS, label="FFmpeg").decode().split()
    assert {"libxvid", "msmpeg4", "wmv1", "wmv2", "flv", "mpeg1video", "svq1", "libtheora"} <= set(encoders)
    assert {"libvmaf", "xpsnr", "codecview"} <= set(filters)


def test_frames_that_are_fed_come_out_of_the_file(tmp_path: Path) -> None:
    frames = np.arange(3 * 8 * 16 * 3, dtype=np.uint8).reshape(3, 8, 16, 3)
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24")
    to = tmp_path / "frames.nut"
    fed = pinned_ffmpeg.feed(
        [*raw, "-s", "16x8", "-r", "30", "-i", "pipe:", "-c:v", "ffv1", "-pix_fmt", "gbrp", to],
        iter(frames),
        limits=LIMITS,
        label="The encoder",
    )
    back = pinned_ffmpeg.run(["-i", to, *raw, "pipe:"], limits=LIMITS, label="The decoder")
    assert fed == 3
    assert back == frames.tobytes()


def test_a_failure_says_what_failed_and_keeps_the_program_s_words(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="The encoder failed") as failure:
        pinned_ffmpeg.transcode(
            ["-i", tmp_path / "absent.avi", tmp_path / "to.avi"], limits=LIMITS, label="The encoder"
        )
    assert "No such file" in failure.value.detail


def test_a_program_that_makes_no_progress_is_ended() -> None:
    with pytest.raises(Stalled, match="The encoder made no progress"):
        pinned_ffmpeg.run(
            ["-f", "lavfi", "-re", "-i", "testsrc=rate=1/1000", "-f", "rawvideo", "-frames:v", "2", "pipe:"],
            limits=Limits(stall_seconds=0.5),
            label="The encoder",
        )


def test_a_missing_package_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pinned_ffmpeg, "PACKAGE", "imageio_ffmpeg_absent")
    pinned_ffmpeg.path.cache_clear()
    with pytest.raises(PipelineError, match="imageio-ffmpeg isn't installed"):
        pinned_ffmpeg.path()
    pinned_ffmpeg.path.cache_clear()
