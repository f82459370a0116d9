"""Measures of one enlarged frame against its truth: distortion, crispness, colour."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import torch
from piq import gmsd, haarpsi

Frame = npt.NDArray[np.uint8] | npt.NDArray[np.float32] | npt.NDArray[np.float64]
"""(h, w, 3) RGB: uint8 of 0 to 255, or floats of 0 to 1."""
Luma = npt.NDArray[np.float32]
"""(h, w): Y of BT.601, 16 to 235."""

BORDER = 8
"""Pixels that are left out at each edge of a frame, where networks pad."""
LUMA_OF_RGB = (65.481, 128.553, 24.966)
"""Weights of R, G and B, each 0 to 1, in Y of BT.601 (ITU-R BT.601-7), as MATLAB's rgb2ycbcr and BasicSR have them."""
BLACK = 16.0
WINDOW, SIGMA = 11, 1.5
"""Size and standard deviation of SSIM's Gaussian window, in pixels."""
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
"""SSIM's constants for a range of 255."""
IDENTICAL_DB = 100.0
"""PSNR that is given for equal frames, where it is infinite: means over frames stay finite."""


@dataclass(frozen=True)
class FrameMeasures:
    """How near an enlarged frame is to its truth, without their borders."""

    psnr_y: float
    """dB; higher is nearer."""
    ssim_y: float
    """0 to 1; 1 is equal."""
    gmsd: float
    """Gradient magnitude similarity deviation (Xue et al. 2014): 0 is equal."""
    haarpsi: float
    """Haar wavelet perceptual similarity (Reisenhofer et al. 2018): 1 is equal."""
    sharpness: float
    """Gradient energy relative to the truth's: 1 is as sharp, less is blurred."""
    colour_shift: tuple[float, float, float]
    """Difference of the mean R, G and B from the truth's, of 255."""


def measure(picture: Frame, truth: Frame) -> FrameMeasures:
    """Measure ``picture`` against ``truth``. Raises ValueError unless they have the same size and hold a window."""
    if picture.shape != truth.shape:
        raise ValueError(f"A frame of {picture.shape} can't be measured against one of {truth.shape}.")
    if min(picture.shape[:2]) < 2 * BORDER + 2 * WINDOW:
        raise ValueError(f"A frame of {picture.shape[1]}x{picture.shape[0]} is too small to be measured.")
    picture, truth = _inner(picture), _inner(truth)
    a, b = luma(picture), luma(truth)
    similarity, wavelets = _piq(a, b)
    red, green, blue = _mean_colour(picture) - _mean_colour(truth)
    return FrameMeasures(
        psnr_y=psnr(a, b),
        ssim_y=ssim(a, b),
        gmsd=similarity,
        haarpsi=wavelets,
        sharpness=relative_sharpness(a, b),
        colour_shift=(float(red), float(green), float(blue)),
    )


def luma(frame: Frame) -> Luma:
    """Return Y = 16 + 65.481 R + 128.553 G + 24.966 B, unrounded, of R, G and B from 0 to 1."""
    scale = 255.0 if frame.dtype == np.uint8 else 1.0
    weights = np.array([LUMA_OF_RGB], np.float32) / np.float32(scale)
    return np.asarray(cv2.transform(_as_float(frame), weights), np.float32).reshape(frame.shape[:2]) + np.float32(BLACK)


def psnr(picture: Luma, truth: Luma) -> float:
    """Return the peak signal-to-noise ratio in dB for a peak of 255, at most IDENTICAL_DB."""
    error = float(np.mean(np.square(picture - truth), dtype=np.float64))
    return min(IDENTICAL_DB, 10 * math.log10(255**2 / error)) if error else IDENTICAL_DB


def ssim(picture: Luma, truth: Luma) -> float:
    """Return the mean structural similarity (Wang et al. 2004), over the positions that hold the whole window."""
    # about the middle of the range, so that squares keep their digits in float32
    a, b = picture - 128, truth - 128
    mean_a, mean_b = _window(a), _window(b)
    variances = _window(a * a) - mean_a**2 + _window(b * b) - mean_b**2
    covariance = _window(a * b) - mean_a * mean_b
    mean_a, mean_b = mean_a + 128, mean_b + 128
    luminance = (2 * mean_a * mean_b + C1) / (mean_a**2 + mean_b**2 + C1)
    return float(np.mean(luminance * (2 * covariance + C2) / (variances + C2), dtype=np.float64))


def relative_sharpness(picture: Luma, truth: Luma) -> float:
    """Return the gradient energy of ``picture`` (Tenengrad: the mean squared Sobel gradient) relative to the truth's.

    The ratio's root, so that it is one of amplitudes. 1 for a flat truth.
    """
    reference = _gradient_energy(truth)
    return math.sqrt(_gradient_energy(picture) / reference) if reference else 1.0


def _piq(picture: Luma, truth: Luma) -> tuple[float, float]:
    """Return GMSD and HaarPSI, of Y as a share of 255."""
    with torch.inference_mode():
        a, b = (torch.from_numpy(frame / np.float32(255))[None, None].clamp_(0, 1) for frame in (picture, truth))
        return float(gmsd(a, b)), float(haarpsi(a, b))


def _inner(frame: Frame) -> Frame:
    return frame[BORDER:-BORDER, BORDER:-BORDER]


def _as_float(frame: Frame) -> npt.NDArray[np.float32]:
    return np.ascontiguousarray(frame, np.float32)


def _mean_colour(frame: Frame) -> npt.NDArray[np.float64]:
    """Return the mean R, G and B, 0 to 255."""
    scale = 1.0 if frame.dtype == np.uint8 else 255.0
    return np.asarray(frame.mean(axis=(0, 1), dtype=np.float64) * scale, np.float64)


def _window(values: Luma) -> Luma:
    """Return Gaussian means at the positions that hold the whole window."""
    taps = cv2.getGaussianKernel(WINDOW, SIGMA, cv2.CV_32F)
    edge = WINDOW // 2
    return np.asarray(cv2.sepFilter2D(values, -1, taps, taps)[edge:-edge, edge:-edge], np.float32)


def _gradient_energy(values: Luma) -> float:
    across, down = cv2.Sobel(values, cv2.CV_32F, 1, 0), cv2.Sobel(values, cv2.CV_32F, 0, 1)
    return float(np.mean(across**2 + down**2, dtype=np.float64))
