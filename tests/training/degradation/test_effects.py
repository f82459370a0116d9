"""What happens to frames before the encoder: kernels, capture cards, text, synthetic degradation, moving windows."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.training.degradation.moving import LIMITS, picture, truths
from upscaler.pipeline.core.errors import PipelineError, Refused
from upscaler.pipeline.networks import compat
from upscaler.training.core.degradation import CaptureCard, Degradation
from upscaler.training.core.twin import Pixels
from upscaler.training.degradation.capture_card import through_card
from upscaler.training.degradation.moving_window import moving_window, window_size
from upscaler.training.degradation.overlay import draw_text
from upscaler.training.degradation.scaling import KERNELS, scale
from upscaler.training.degradation.second_order import second_order
from upscaler.training.degradation.spool import spool
from upscaler.training.degradation.synthetic import through_jpeg
from upscaler.training.degradation.truth_sizes import truths_for
from upscaler.training.degradation.twins import degrade


def low_frames(count: int = 4) -> Pixels:
    return np.stack([frame[::2, ::2] for frame in truths(count)])


def luma(frame: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8)


def through(card: CaptureCard, frames: Pixels | None = None, seed: int = 1) -> list[Pixels]:
    return list(through_card(low_frames() if frames is None else frames, card, seed))


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_kernel_keeps_the_brightness_and_the_place_of_things(kernel: str, tmp_path: Path) -> None:
    frames = truths(3)
    small = scale(frames, tmp_path / "small.rgb", kernel, (256, 192), (64, 48), LIMITS)
    for low, frame in zip(small, frames, strict=True):
        assert low.mean(axis=(0, 1)) == pytest.approx(frame.mean(axis=(0, 1)), abs=0.5)
        exact = cv2.resize(frame, (64, 48), interpolation=cv2.INTER_AREA)
        assert cv2.PSNR(np.array(low), exact) > (45 if kernel == "area" else 22)


def test_area_is_the_mean_of_sixteen_pixels(tmp_path: Path) -> None:
    frames = truths(1)
    low = scale(frames, tmp_path / "small.rgb", "area", (256, 192), (64, 48), LIMITS)[0]
    assert np.abs(low - frames[0].reshape(48, 4, 64, 4, 3).mean(axis=(1, 3))).max() < 1


def test_a_blur_takes_detail_away(tmp_path: Path) -> None:
    detail = []
    for blur in (0.0, 0.7):
        low = scale(truths(1), tmp_path / "low", "area", (256, 192), (64, 48), LIMITS, blur=blur)[0]
        detail.append(float(np.abs(np.diff(low.astype(int), axis=1)).mean()))
    assert detail[1] < 0.8 * detail[0]


def test_a_neutral_card_changes_almost_nothing() -> None:
    for out, frame in zip(through(CaptureCard()), low_frames(), strict=True):
        assert np.abs(out.astype(int) - frame).max() <= 3  # to YCrCb and back, in 8 bits


def test_noise_has_the_asked_strength_and_depends_on_the_seed_and_the_frame() -> None:
    gray = np.full((2, 96, 128, 3), 128, np.uint8)
    one, other = through(CaptureCard(noise=5), gray)
    assert luma(one).std() == pytest.approx(5, abs=0.3)
    assert not np.array_equal(one, other)
    assert np.array_equal(one, through(CaptureCard(noise=5), gray)[0])
    assert not np.array_equal(one, through(CaptureCard(noise=5), gray, seed=2)[0])


def test_interlacing_takes_the_lower_field_from_half_a_frame_later() -> None:
    frames = np.stack([np.full((8, 8, 3), level, np.uint8) for level in (100, 120)])
    first, last = through(CaptureCard(interlaced=True), frames)
    assert set(first[::2].ravel()) == {100}
    assert set(first[1::2].ravel()) == {110}
    assert set(last.ravel()) == {120}
    blended = through(CaptureCard(interlaced=True, blend_fields=True), frames)[0]
    assert set(blended[1:-1].ravel()) == {105}


def test_chroma_bleeds_and_is_late_while_luma_stays() -> None:
    frame = np.zeros((1, 16, 64, 3), np.uint8)
    frame[:, :, :32] = (255, 0, 0)
    frame[:, :, 32:] = (76, 76, 76)  # as bright as the red
    red = through(CaptureCard(chroma_blur=2.0, chroma_delay=4.0), frame)[0][8].astype(int)
    sharp = frame[0, 8].astype(int)
    saturation = [line[:, 0] - line[:, 2] for line in (sharp, red)]
    assert saturation[0][33] == 0
    assert saturation[1][33] > 100
    assert saturation[1][50] < 10
    assert np.abs(luma(red[None].astype(np.uint8))[0, 36:].astype(int) - 76).max() < 12


def test_sharpening_draws_halos_and_levels_shift_the_brightness() -> None:
    edge = np.full((1, 8, 32, 3), 60, np.uint8)
    edge[:, :, 16:] = 180
    sharp = luma(through(CaptureCard(sharpen=1.0), edge)[0])[4]
    assert sharp.min() < 40
    assert sharp.max() > 200
    assert luma(through(CaptureCard(black=10), edge)[0])[4, 0] == pytest.approx(68, abs=1)
    assert luma(through(CaptureCard(gamma=1.2), edge)[0])[4, 0] < 50


def test_text_is_drawn_into_the_lower_left_of_truth_and_twin(tmp_path: Path) -> None:
    plain = Degradation(64, 48, "area", 0.0)
    with_text = replace(plain, overlay="REC 00:12")
    one, other = (next(degrade(truths(2), Fraction(30), way, tmp_path, LIMITS)) for way in (plain, with_text))
    for before, after in ((one.truth, other.truth), (one.low, other.low)):
        height, width = before.shape[:2]
        changed = np.abs(after.astype(int) - before).max(axis=2) > 20
        assert changed[height * 3 // 4 :, : width // 2].any()
        assert not changed[: height // 2].any()
        assert not changed[:, width * 3 // 4 :].any()
    assert np.array_equal(draw_text(one.truth, ""), one.truth)


def test_jpeg_passes_make_a_frame_worse_at_lower_quality() -> None:
    frame = truths(1)[0]
    fits = [cv2.PSNR(through_jpeg(frame, qualities), frame) for qualities in ((95,), (40,), (40, 20))]
    assert fits[0] > fits[1] + 1 > fits[2] + 2


@pytest.mark.skipif(compat.MISSING is not None, reason=str(compat.MISSING))
def test_the_synthetic_chain_degrades_every_frame_by_its_own_numbers(tmp_path: Path) -> None:
    states = []
    for _ in range(2):
        random.seed(11)
        np.random.seed(11)
        one, other = ([*second_order(truths(3), 64, 48, seed)] for seed in (1, 2))
        states.append((random.random(), np.random.random()))
    random.seed(11)
    np.random.seed(11)
    assert set(states) == {(random.random(), np.random.random())}  # the global generators are as before
    assert all(frame.shape == (48, 64, 3) and frame.dtype == np.uint8 for frame in one)
    assert all(np.array_equal(a, b) for a, b in zip(one, second_order(truths(3), 64, 48, 1), strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    pairs = list(degrade(truths(3), Fraction(30), Degradation(64, 48, "second-order", 0.0), tmp_path, LIMITS))
    assert len(pairs) == 3


def test_the_synthetic_chain_is_refused_where_its_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compat, "MISSING", "realesrgan isn't installed: it needs Python 3.11 or 3.12")
    with pytest.raises(Refused, match=r"isn't installed.*Use another degradation"):
        next(second_order(truths(1), 64, 48, 1))


def test_a_window_glides_and_turns_within_its_still() -> None:
    still = picture()[:600, :800]
    size = window_size(800, 600)
    assert size == (592, 448)
    for seed in range(8):
        still_white = np.full_like(still, 255)
        frames = list(moving_window(still_white, *size, 5, np.random.default_rng(seed)))
        assert all(frame.shape == (448, 592, 3) and frame.min() == 255 for frame in frames)
    one, same = (list(moving_window(still, *size, 5, np.random.default_rng(3))) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not np.array_equal(one[0], one[1])
    with pytest.raises(Refused, match=r"too small for a window.*at most 592x448"):
        next(moving_window(still, 800, 600, 5, np.random.default_rng(1)))


def test_a_full_disk_in_the_middle_of_the_frames_is_said() -> None:
    with pytest.raises(PipelineError, match="The disk is full") as failure:
        spool(truths(2), Path("/dev/full"))
    assert not failure.value.permanent


def test_frames_are_not_asked_for_beyond_a_refusal(tmp_path: Path) -> None:
    def two_sizes() -> Iterator[Pixels]:
        yield from truths(1)
        yield from truths(1, 128, 96)
        pytest.fail("another frame was read")

    for size in ((64, 48), (32, 24)):
        with pytest.raises(Refused, match="256x192 and 128x96"):
            truths_for(two_sizes(), [size], tmp_path, LIMITS)


def test_truths_are_scaled_to_several_sizes_while_they_are_read(tmp_path: Path) -> None:
    frames = truths(5)
    found = truths_for(iter(frames), [(32, 24), (64, 48), (16, 12)], tmp_path, LIMITS)
    assert {size: scaled.shape for size, scaled in found.items()} == {
        (64, 48): (5, 192, 256, 3), (32, 24): (5, 96, 128, 3), (16, 12): (5, 48, 64, 3)
    }  # fmt: skip
    assert np.array_equal(found[64, 48], np.stack(frames))
    for low, frame in zip(found[32, 24], frames, strict=True):
        assert np.abs(low - frame.reshape(96, 2, 128, 2, 3).mean(axis=(1, 3))).max() <= 1
