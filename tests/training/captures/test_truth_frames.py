"""Frames of a capture as truth: the right ones, in order, in their own colours."""

from __future__ import annotations

import tracemalloc
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.clips import FOOTAGE
from tests.training.recordings import gliding, record, save_pictures, texture
from upscaler.pipeline.core.errors import PipelineError, Refused
from upscaler.pipeline.core.limits import Limits
from upscaler.training.captures.frame_selection import MAX_BURSTS, expression, in_order, runs
from upscaler.training.captures.frames import reduced_frames, truth_frames
from upscaler.training.captures.probe import probe_capture
from upscaler.training.core.capture import Burst, Capture, CaptureKind

LIMITS = Limits()


def capture_of(path: Path, frames: int, width: int = 128, height: int = 96) -> Capture:
    return Capture("test", path, CaptureKind.VIDEO, width, height, Fraction(30), frames)


def test_a_burst_has_the_frames_that_were_recorded(tmp_path: Path) -> None:
    frames = gliding(1, 40, 128, 96)
    capture = capture_of(record(tmp_path / "clip.mkv", frames), 40)

    got = list(truth_frames(capture, [Burst(20, 5), Burst(3, 1), Burst(39, 1)], LIMITS))

    assert [number for number, _ in got] == [3, 20, 21, 22, 23, 24, 39]
    assert all(np.array_equal(frame, frames[number]) for number, frame in got)


def test_thousands_of_stills_are_found_in_few_runs(tmp_path: Path) -> None:
    frames = [np.full((16, 16, 3), number % 256, np.uint8) for number in range(5400)]
    capture = capture_of(record(tmp_path / "clip.mkv", frames), 5400, 16, 16)
    stills = [Burst(number, 1) for number in range(1, 5400, 2)]

    got = list(truth_frames(capture, stills, LIMITS))

    assert len(runs(stills)) == 2
    assert [number for number, _ in got] == list(range(1, 5400, 2))
    assert all(int(frame[0, 0, 0]) == number % 256 for number, frame in got)


def test_the_expression_of_a_full_run_fits_one_argument() -> None:
    worst = [Burst(9_000_000 + 10 * number, 2) for number in range(MAX_BURSTS)]

    assert len(expression(worst).replace(",", "\\\\,")) < 128 * 1024


def test_bursts_that_adjoin_are_one_and_bursts_that_overlap_are_an_error() -> None:
    assert in_order([Burst(5, 5), Burst(0, 5)]) == [Burst(0, 10)]
    with pytest.raises(ValueError, match="overlaps"):
        in_order([Burst(0, 6), Burst(5, 5)])


def test_more_frames_than_the_capture_has_are_an_error(tmp_path: Path) -> None:
    capture = capture_of(record(tmp_path / "clip.mkv", gliding(1, 5, 128, 96)), 5)

    with pytest.raises(ValueError, match="fewer than"):
        list(truth_frames(capture, [Burst(4, 2)], LIMITS))


def test_a_file_that_was_cut_since_is_an_error_and_not_fewer_frames(tmp_path: Path) -> None:
    capture = capture_of(record(tmp_path / "clip.mkv", gliding(1, 5, 128, 96)), 9)

    with pytest.raises(PipelineError, match="no frame 5 of the 9"):
        list(truth_frames(capture, [Burst(3, 6)], LIMITS))


@pytest.mark.parametrize(("matrix", "tag"), [("bt709", "bt709"), ("smpte170m", "smpte170m")])
def test_colours_are_those_of_the_matrix_that_the_file_names(tmp_path: Path, matrix: str, tag: str) -> None:
    bars = np.repeat(np.array([[[200, 40, 40], [40, 200, 40], [40, 40, 200], [128, 128, 128]]], np.uint8), 32, axis=1)
    frame = np.repeat(bars, 96, axis=0)
    options = (
        "-vf",
        f"scale=out_color_matrix={matrix}:out_range=tv,format=yuv444p",
        "-c:v",
        "ffv1",
        "-colorspace",
        tag,
    )
    capture = capture_of(record(tmp_path / "clip.mkv", [frame] * 2, *options), 2)

    ((_, got),) = truth_frames(capture, [Burst(1, 1)], LIMITS)

    assert np.abs(got.astype(int) - frame).max() <= 2


def test_memory_is_one_frame_whatever_the_length(tmp_path: Path) -> None:
    frames = [texture(1, 320, 240)] * 60
    capture = capture_of(record(tmp_path / "clip.mkv", frames), 60, 320, 240)
    tracemalloc.start()
    for _ in truth_frames(capture, [Burst(0, 60)], LIMITS):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 4 * frames[0].nbytes + 4 * 1024**2


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".webp", ".jpg"])
def test_pictures_come_in_the_natural_order_of_their_names(tmp_path: Path, suffix: str) -> None:
    frames = [np.full((64, 64, 3), 20 * number, np.uint8) for number in range(12)]
    capture = probe_capture(save_pictures(tmp_path / "stills", frames, suffix), LIMITS)

    got = list(truth_frames(capture, [Burst(0, 12)], LIMITS))

    assert [round(float(frame.mean()) / 20) for _, frame in got] == list(range(12))


def test_a_picture_of_another_size_is_refused_as_truth_and_none_when_measured(tmp_path: Path) -> None:
    folder = save_pictures(tmp_path / "stills", gliding(1, 5, 128, 96))
    save_pictures(tmp_path / "odd", [texture(2, 64, 64)])
    (tmp_path / "odd" / "frame0.png").rename(folder / "frame7.png")
    capture = probe_capture(folder, LIMITS)

    assert [frame is None for _, frame in reduced_frames(capture, 640, LIMITS)] == [False] * 5 + [True]
    with pytest.raises(Refused, match=r"frame7\.png can't be read as 128x96"):
        list(truth_frames(capture, [Burst(5, 1)], LIMITS))


def test_a_folder_that_got_another_picture_is_refused(tmp_path: Path) -> None:
    folder = save_pictures(tmp_path / "stills", gliding(1, 5, 128, 96))
    capture = probe_capture(folder, LIMITS)
    (folder / "frame0.png").rename(folder / "frame9.txt")

    with pytest.raises(Refused, match="had 5 pictures and has 4 now"):
        list(truth_frames(capture, [Burst(0, 1)], LIMITS))


def test_a_real_capture_has_its_last_frame() -> None:
    path = FOOTAGE / "captures" / "dm4_1.mkv"
    if not path.is_file():
        pytest.skip("there is no footage beside this checkout")
    capture = capture_of(path, 120, 1280, 960)

    got = list(truth_frames(capture, [Burst(0, 1), Burst(119, 1)], LIMITS))

    assert [number for number, _ in got] == [0, 119]
    assert got[0][1].shape == (960, 1280, 3)
    assert abs(float(got[0][1].mean()) - 43.76) < 0.01
