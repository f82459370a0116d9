"""Which frames of a capture are kept, and why others are left out."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.training.recordings import Pixels, gliding, plain, record, save_pictures, texture
from upscaler.pipeline.core.errors import Stopped
from upscaler.pipeline.core.limits import Limits
from upscaler.training.captures.probe import probe_capture
from upscaler.training.core.capture import Capture, CaptureKind
from upscaler.training.dataset.frame import HarvestedFrame, Reason
from upscaler.training.dataset.harvest import harvest
from upscaler.training.dataset.harvest_options import HarvestCounts, HarvestOptions

LIMITS = Limits()
WIDTH, HEIGHT = 160, 120
SHORT = HarvestOptions(burst_frames=20, min_burst_frames=10)


def harvested(
    tmp_path: Path, frames: list[Pixels], options: HarvestOptions = SHORT, rate: str = "30"
) -> list[HarvestedFrame]:
    path = record(tmp_path / "clip.mkv", frames, rate=rate)
    capture = Capture("test", path, CaptureKind.VIDEO, WIDTH, HEIGHT, Fraction(rate), len(frames))
    return list(harvest(capture, options, LIMITS))


def scene(seed: int, frames: int, **options: float) -> list[Pixels]:
    return gliding(seed, frames, WIDTH, HEIGHT, **options)  # type: ignore[arg-type]  # its options are all numbers


def test_every_frame_is_listed_once_and_in_order(tmp_path: Path) -> None:
    frames = harvested(tmp_path, scene(1, 30) + plain(40, WIDTH, HEIGHT) + scene(2, 33))

    assert [frame.number for frame in frames] == list(range(103))


def test_scenes_with_motion_become_bursts_that_do_not_cross_a_cut(tmp_path: Path) -> None:
    frames = harvested(tmp_path, scene(1, 25, mean=70) + scene(2, 40, mean=170))

    bursts = {burst: [frame.number for frame in frames if frame.burst == burst] for burst in range(3)}
    assert bursts == {0: list(range(20)), 1: list(range(25, 45)), 2: list(range(45, 65))}
    assert {frame.number for frame in frames if frame.reason is Reason.SHORT} == set(range(20, 25))
    assert [frame.scene for frame in frames] == [0] * 25 + [1] * 40


def test_black_screens_are_left_out_on_request(tmp_path: Path) -> None:
    recording = scene(1, 20) + plain(15, WIDTH, HEIGHT) + scene(2, 20)

    frames = harvested(tmp_path, recording)
    kept = harvested(tmp_path, recording, replace(SHORT, leave_out_black=False, leave_out_static=False))

    assert [frame.number for frame in frames if frame.reason is Reason.BLACK] == list(range(20, 35))
    assert Reason.BLACK not in {frame.reason for frame in kept}


def test_a_dark_scene_is_not_black(tmp_path: Path) -> None:
    frames = harvested(tmp_path, scene(1, 20, mean=14, contrast=14))

    assert all(frame.kept for frame in frames)


def test_a_word_on_black_is_black(tmp_path: Path) -> None:
    loading = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    cv2.putText(loading, "Loading", (50, 60), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (200, 200, 200), 1)
    frames = harvested(tmp_path, [loading] * 12 + scene(1, 20))

    assert [frame.reason for frame in frames[:12]] == [Reason.BLACK] * 12


def test_menus_in_which_nothing_moves_for_a_second_are_left_out_on_request(tmp_path: Path) -> None:
    menu = texture(9, WIDTH, HEIGHT)
    blinking = menu.copy()
    blinking[34:42, 18:26] = 255
    recording = scene(1, 20) + [menu if at % 20 < 10 else blinking for at in range(45)] + scene(2, 20)

    frames = harvested(tmp_path, recording)
    kept = harvested(tmp_path, recording, replace(SHORT, leave_out_static=False))

    assert [frame.number for frame in frames if frame.reason is Reason.STATIC] == list(range(20, 65))
    assert Reason.STATIC not in {frame.reason for frame in kept}


def test_a_pause_shorter_than_a_second_stays(tmp_path: Path) -> None:
    first, then = scene(1, 10), scene(1, 20)[10:]

    frames = harvested(tmp_path, first + [first[-1]] * 1 + then)

    assert all(frame.kept for frame in frames if frame.number < 20)


def test_a_scene_that_comes_again_is_a_duplicate(tmp_path: Path) -> None:
    frames = harvested(tmp_path, scene(1, 20, mean=70) + scene(2, 20, mean=170) + scene(1, 20, mean=70))

    assert [frame.reason for frame in frames] == [Reason.NONE] * 40 + [Reason.DUPLICATE] * 20


def test_a_blurred_burst_is_left_out(tmp_path: Path) -> None:
    blurred = [np.asarray(cv2.GaussianBlur(frame, (0, 0), 4), np.uint8) for frame in scene(3, 20, mean=170)]

    frames = harvested(tmp_path, scene(1, 20, mean=70) + blurred + scene(2, 20, mean=70))

    assert [frame.reason for frame in frames] == [Reason.NONE] * 20 + [Reason.BLURRED] * 20 + [Reason.NONE] * 20


def test_of_stills_the_sharpest_of_each_window_is_kept(tmp_path: Path) -> None:
    stills = [texture(seed, WIDTH, HEIGHT) for seed in range(15)]
    for number in range(15):
        if number not in (3, 5, 14):
            stills[number] = np.asarray(cv2.GaussianBlur(stills[number], (0, 0), 1), np.uint8)

    frames = harvested(tmp_path, stills, rate="5")

    assert [frame.number for frame in frames if frame.kept] == [3, 5, 14]
    assert {frame.reason for frame in frames if not frame.kept} == {Reason.SOFTER}
    assert [frame.burst for frame in frames if frame.kept] == [0, 1, 2]


def test_frames_that_repeat_make_stills_and_no_burst(tmp_path: Path) -> None:
    frames = harvested(tmp_path, [frame for frame in scene(1, 30, step=8) for _ in range(2)])

    assert Counter(frame.burst for frame in frames if frame.kept) == {0: 1, 1: 1, 2: 1}


def test_a_limit_spreads_what_is_kept_over_the_capture(tmp_path: Path) -> None:
    recording = [frame for seed in range(12) for frame in scene(seed, 20, mean=60 + 100 * (seed % 2))]

    frames = harvested(tmp_path, recording, replace(SHORT, max_frames=60))

    assert sorted({frame.number // 20 for frame in frames if frame.kept}) == [0, 4, 8]
    assert {frame.reason for frame in frames if not frame.kept} == {Reason.ENOUGH}


def test_pictures_of_a_folder_are_each_judged_by_itself(tmp_path: Path) -> None:
    pictures = [texture(seed, WIDTH, HEIGHT) for seed in range(4)]
    pictures.insert(2, pictures[0])
    folder = save_pictures(tmp_path / "stills", pictures)
    (folder / "frame4.png").write_bytes(b"damaged")
    capture = probe_capture(folder, LIMITS)

    reasons = [frame.reason for frame in harvest(capture, SHORT, LIMITS)]
    every = [frame.reason for frame in harvest(capture, replace(SHORT, keep_all=True), LIMITS)]

    assert reasons == ["", "", Reason.DUPLICATE, "", Reason.UNREADABLE]
    assert every == ["", "", "", "", Reason.UNREADABLE]


def test_counts_are_live_and_complete_at_the_end_and_a_callback_cancels(tmp_path: Path) -> None:
    path = record(tmp_path / "clip.mkv", scene(1, 20) + plain(10, WIDTH, HEIGHT))
    capture = Capture("test", path, CaptureKind.VIDEO, WIDTH, HEIGHT, Fraction(30), 30)
    counts: list[HarvestCounts] = []

    list(harvest(capture, SHORT, LIMITS, counts.append))

    assert counts[-1] == HarvestCounts(30, 30, 20, 1, {Reason.BLACK: 10})

    def cancel(_: HarvestCounts) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        list(harvest(capture, SHORT, LIMITS, cancel))


def test_memory_does_not_grow_with_the_capture(tmp_path: Path) -> None:
    path = record(tmp_path / "clip.mkv", scene(1, 100) * 6)
    capture = Capture("test", path, CaptureKind.VIDEO, WIDTH, HEIGHT, Fraction(30), 600)
    list(harvest(replace(capture, frames=20), SHORT, LIMITS))
    tracemalloc.start()
    for _ in harvest(capture, SHORT, LIMITS):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 4 * 1024**2


def test_a_frame_survives_its_json(tmp_path: Path) -> None:
    frame = harvested(tmp_path, scene(1, 20))[5]

    assert HarvestedFrame.from_json(frame.to_json()).to_json() == frame.to_json()
    assert frame.thumbnail.startswith(b"\xff\xd8")
