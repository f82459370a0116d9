"""Measures of one frame against its truth."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import piq
import pytest
import torch

from tests import clips
from tests.training.arrays import picture
from upscaler.training.core.twin import Pixels
from upscaler.training.evaluation import metrics
from upscaler.training.evaluation.cases.old_clips import old_clips
from upscaler.training.evaluation.clips import Sampling
from upscaler.training.evaluation.contestants import BICUBIC, LANCZOS, Interpolation


def blurred(frame: Pixels, sigma: float = 2.0) -> Pixels:
    return np.asarray(cv2.GaussianBlur(frame, (0, 0), sigma), np.uint8)


def test_luma_is_that_of_bt601_in_tv_range() -> None:
    colours = np.array([[[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)
    expected = [16, 235, 16 + 65.481, 16 + 128.553, 16 + 24.966]
    assert metrics.luma(colours)[0] == pytest.approx(expected, abs=1e-3)
    assert metrics.luma(colours.astype(np.float32) / 255)[0] == pytest.approx(expected, abs=1e-3)


def test_the_psnr_of_a_constant_error_is_that_of_its_luma() -> None:
    truth = np.full((64, 64, 3), 100, np.uint8)
    result = metrics.measure(truth + np.uint8(10), truth)
    error = 10 * 219 / 255
    assert result.psnr_y == pytest.approx(20 * np.log10(255 / error), abs=1e-3)
    assert result.colour_shift == pytest.approx((10, 10, 10))


def test_equal_frames_have_the_best_values() -> None:
    frame = picture(96, 1)
    result = metrics.measure(frame, frame)
    assert result.psnr_y == metrics.IDENTICAL_DB
    assert (result.ssim_y, result.haarpsi, result.sharpness) == pytest.approx((1, 1, 1), abs=1e-5)
    assert result.gmsd == pytest.approx(0, abs=1e-5)


def test_ssim_agrees_with_piq() -> None:
    truth = picture(128, 2)
    a, b = metrics.luma(blurred(truth)), metrics.luma(truth)
    tensors = (torch.from_numpy(each)[None, None].double() for each in (a, b))
    expected = float(piq.ssim(*tensors, kernel_size=11, kernel_sigma=1.5, data_range=255, downsample=False))
    assert metrics.ssim(a, b) == pytest.approx(expected, abs=1e-5)


def test_a_blurred_frame_is_less_sharp_and_farther_in_every_measure() -> None:
    truth = picture(128, 3)
    slightly, strongly = (metrics.measure(blurred(truth, sigma), truth) for sigma in (1.0, 4.0))
    assert 1 > slightly.sharpness > strongly.sharpness
    assert slightly.psnr_y > strongly.psnr_y
    assert slightly.ssim_y > strongly.ssim_y
    assert slightly.haarpsi > strongly.haarpsi
    assert slightly.gmsd < strongly.gmsd


def test_floats_are_measured_as_bytes_are() -> None:
    truth = picture(96, 4)
    frame = blurred(truth)
    of_bytes = metrics.measure(frame, truth)
    of_floats = metrics.measure(frame.astype(np.float64) / 255, truth.astype(np.float32) / 255)
    for name, value in dataclasses.asdict(of_bytes).items():
        assert getattr(of_floats, name) == pytest.approx(value, rel=1e-3, abs=1e-3), name


def test_a_border_of_eight_pixels_counts_for_nothing() -> None:
    truth = picture(96, 5)
    framed = truth.copy()
    framed[:8], framed[-8:], framed[:, :8], framed[:, -8:] = 0, 0, 255, 255
    assert metrics.measure(framed, truth) == metrics.measure(truth, truth)


@pytest.mark.parametrize(("shape", "words"), [((64, 60, 3), "against"), ((20, 20, 3), "too small")])
def test_frames_that_cant_be_measured_are_refused(shape: tuple[int, int, int], words: str) -> None:
    other = (64, 64, 3) if words == "against" else shape
    with pytest.raises(ValueError, match=words):
        metrics.measure(np.zeros(shape, np.uint8), np.zeros(other, np.uint8))


@pytest.mark.skipif(not clips.MANIFEST.is_file(), reason="the footage with ground truth isn't here")
def test_lanczos_and_bicubic_have_the_published_figures_on_an_old_clip() -> None:
    (clip,) = old_clips(clips.FOOTAGE, ["xvid_320x240_avi_null_frames"])
    contestants = [Interpolation(LANCZOS, cv2.INTER_LANCZOS4), Interpolation(BICUBIC, cv2.INTER_CUBIC)]
    found: dict[str, list[tuple[float, float]]] = {LANCZOS: [], BICUBIC: []}
    for frame in clip.frames(Sampling(10)):
        truth = metrics.luma(frame.pair.truth)[8:-8, 8:-8]
        for one in contestants:
            enlarged = metrics.luma(one.enlarge(frame.pair.low, frame.pair.quantisers))[8:-8, 8:-8]
            found[one.name].append((metrics.psnr(enlarged, truth), metrics.ssim(enlarged, truth)))
    assert len(found[LANCZOS]) == 15
    assert np.mean(found[LANCZOS], axis=0) == pytest.approx((27.37, 0.7710), abs=0.006)
    assert np.mean(found[BICUBIC], axis=0) == pytest.approx((27.37, 0.7715), abs=0.006)
    assert np.mean(found[LANCZOS], axis=0)[1] == pytest.approx(0.7710, abs=0.0005)
