"""What is said of a capture that isn't fit as truth."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.clips import FOOTAGE
from tests.training.recordings import Pixels, gliding, record, save_pictures, texture
from upscaler.pipeline.core.limits import Limits
from upscaler.training.captures import quality
from upscaler.training.captures.probe import probe_capture
from upscaler.training.captures.spectrum import spectrum

LIMITS = Limits()
SIZE = 256, 192


def enlarged(frames: list[Pixels], factor: float, kernel: int) -> list[Pixels]:
    """Frames that were reduced and enlarged again."""
    width, height = SIZE
    small = (round(width / factor), round(height / factor))
    reduced = [cv2.resize(frame, small, interpolation=cv2.INTER_AREA) for frame in frames]
    return [np.asarray(cv2.resize(frame, SIZE, interpolation=kernel), np.uint8) for frame in reduced]


def warnings_of(frames: list[Pixels]) -> str:
    return " ".join(quality.picture_warnings(quality.measure(frames), *SIZE))


def test_a_capture_at_full_size_has_no_warning() -> None:
    assert warnings_of(gliding(1, 6, *SIZE)) == ""


@pytest.mark.parametrize("kernel", [cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4])
@pytest.mark.parametrize("factor", [2, 3, 4])
def test_an_upscale_is_told_by_its_spectrum(factor: float, kernel: int) -> None:
    assert "It is an upscale itself" in warnings_of(enlarged(gliding(1, 6, *SIZE), factor, kernel))


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_repeated_pixels_are_told(factor: float) -> None:
    assert "Its pixels are repeated" in warnings_of(enlarged(gliding(1, 6, *SIZE), factor, cv2.INTER_NEAREST))


def test_a_dark_capture_is_no_upscale() -> None:
    assert warnings_of(gliding(1, 6, *SIZE, mean=14, contrast=12)) == ""


def test_a_capture_without_contrast_is_not_judged() -> None:
    frames = gliding(1, 6, *SIZE, mean=100, contrast=2)

    assert spectrum(frames).tiles == 0
    assert warnings_of(frames) == ""


@pytest.mark.parametrize("factor", [1.5, 2, 4])
def test_real_captures_pass_and_their_upscales_do_not(factor: float) -> None:
    path = FOOTAGE / "frames"
    if not path.is_dir():
        pytest.skip("there is no footage beside this checkout")
    pictures = [cv2.imread(str(name)) for name in sorted(path.glob("*_010.jpg"))]
    frames = [
        np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8) for picture in pictures if picture is not None
    ]
    again = [
        np.asarray(
            cv2.resize(
                cv2.resize(frame, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA),
                frame.shape[1::-1],
                interpolation=cv2.INTER_CUBIC,
            ),
            np.uint8,
        )
        for frame in frames
    ]

    assert len(frames) >= 4
    assert list(quality.picture_warnings(quality.measure(frames), 1280, 960)) == []
    assert "upscale itself" in " ".join(quality.picture_warnings(quality.measure(again), 1280, 960))


def test_visible_blocks_and_a_low_bit_rate_are_told(tmp_path: Path) -> None:
    frames = gliding(1, 12, *SIZE)
    good = probe_capture(
        record(tmp_path / "good.mkv", frames, "-c:v", "libx264", "-crf", "16", "-pix_fmt", "yuv444p"), LIMITS
    )
    bad = probe_capture(record(tmp_path / "bad.avi", frames, "-c:v", "mpeg4", "-q:v", "28"), LIMITS)

    assert good.warnings == ()
    assert any("blocks of its codec are visible" in sentence for sentence in bad.warnings)


def test_a_low_bit_rate_is_told_by_its_bits(tmp_path: Path) -> None:
    frames = gliding(1, 12, *SIZE)
    capture = probe_capture(
        record(tmp_path / "low.mkv", frames, "-c:v", "libx264", "-crf", "47", "-pix_fmt", "yuv420p"), LIMITS
    )

    assert any(sentence.startswith("Its bit rate is low") for sentence in capture.warnings)


HDR = ("-c:v", "ffv1", "-pix_fmt", "yuv420p10le", "-color_trc", "smpte2084", "-colorspace", "bt2020nc")
VARIABLE = ("-vf", "select=gt(mod(n\\,7)\\,1)", "-fps_mode", "vfr", "-c:v", "ffv1")


@pytest.mark.parametrize(
    ("options", "start"),
    [
        (HDR, "It is HDR"),
        (VARIABLE, "Its frame rate varies"),
        (("-vf", "fps=60", "-c:v", "ffv1", "-pix_fmt", "bgr0"), "50% of its frames repeat"),
        (("-vf", "pad=iw:ih+80:0:40", "-c:v", "ffv1", "-pix_fmt", "bgr0"), "It has black borders"),
        (("-vf", "setsar=4/3", "-c:v", "ffv1", "-pix_fmt", "bgr0"), "Its pixels aren't square"),
        (("-vf", "scale=iw:2*ih,interlace=lowpass=off", "-c:v", "ffv1", "-pix_fmt", "yuv444p"), "It is interlaced"),
    ],
)  # fmt: skip
def test_what_a_truth_must_not_be_is_told(tmp_path: Path, options: tuple[str, ...], start: str) -> None:
    frames = gliding(1, 30, *SIZE, step=4)

    capture = probe_capture(record(tmp_path / "clip.mkv", frames, *options), LIMITS)

    assert any(sentence.startswith(start) for sentence in capture.warnings), capture.warnings


def test_another_size_and_another_shape_are_told(tmp_path: Path) -> None:
    path = record(tmp_path / "clip.mkv", gliding(1, 12, *SIZE))

    assert probe_capture(path, LIMITS, target=SIZE).warnings == ()
    assert probe_capture(path, LIMITS, target=(512, 384)).warnings == ("It is 256x192; the dataset's size is 512x384.",)
    assert "another shape" in probe_capture(path, LIMITS, target=(1920, 1080)).warnings[0]


def test_jpeg_of_a_low_quality_is_told(tmp_path: Path) -> None:
    pictures = [texture(seed, 256, 256) for seed in range(4)]

    low = probe_capture(save_pictures(tmp_path / "low", pictures, ".jpg", quality=70), LIMITS)
    high = probe_capture(save_pictures(tmp_path / "high", pictures, ".jpg", quality=96), LIMITS)

    assert "JPEG of quality 70" in " ".join(low.warnings)
    assert high.warnings == ()
