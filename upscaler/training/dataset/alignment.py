"""How alike two frames are when one is a crop of the other: the correlation of their detail, once they are aligned."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.measure.luma import Luma

from .crops import Crop

Plane = NDArray[np.float32]
DETAIL_SIGMA, SMOOTH_SIGMA = 6.0, 1.5
"""Pixels of a thumbnail: coarser structure than the first, which maps of one game share, is removed; finer than the
second, which codecs change, is smoothed while aligning."""
ITERATIONS = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 40, 1e-3)


def likeness(whole: Luma, part: Luma, crops: Sequence[Crop]) -> float:
    """Return how well ``part`` correlates with the best of the crops of ``whole``, -1 to 1.

    Both are thumbnails. Each crop is a start, which an affine alignment refines (Evangelidis and Psarakis, "Parametric
    Image Alignment Using Enhanced Correlation Coefficient Maximization", 2008, OpenCV's ``findTransformECC``).
    """
    return max(_aligned(_detail(whole), _detail(part), crop) for crop in crops)


def coarse(picture: Luma) -> Plane:
    """Return a thumbnail at a quarter of its size, smoothed, for ``coarse_likeness``."""
    height, width = picture.shape
    reduced = cv2.resize(picture, (width // 4, height // 4), interpolation=cv2.INTER_AREA)
    return _smooth(np.asarray(reduced, np.float32), 1)


def coarse_likeness(whole: Plane, part: Plane, crop: Crop) -> float:
    """Return the correlation of a crop of ``whole`` with ``part``, both coarse, without any alignment."""
    return _correlation(_warped(whole, _start(whole, part, crop), part.shape), part)


def _aligned(whole: Plane, part: Plane, crop: Crop) -> float:
    start = _start(whole, part, crop)
    smooth_part, smooth_whole = _smooth(part, SMOOTH_SIGMA), _smooth(whole, SMOOTH_SIGMA)
    try:
        _, found = cv2.findTransformECC(smooth_part, smooth_whole, start.copy(), cv2.MOTION_AFFINE, ITERATIONS, None, 1)  # type: ignore[call-overload]  # the stubs of OpenCV forbid None for "no mask"
    except cv2.error:  # it does not converge: they show different things, or the start is too far off
        return -1.0
    return _correlation(_warped(whole, np.asarray(found, np.float32), part.shape), part)


def _start(whole: NDArray[np.generic], part: NDArray[np.generic], crop: Crop) -> Plane:
    """Return the affine map from the pixels of ``part`` to those of ``whole``."""
    height, width = whole.shape
    across, down = crop.width * width / part.shape[1], crop.height * height / part.shape[0]
    return np.array([[across, 0, crop.left * width], [0, down, crop.top * height]], np.float32)


def _warped(picture: Plane, transform: Plane, shape: tuple[int, ...]) -> Plane:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(picture, transform, (shape[1], shape[0]), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.float32)


def _detail(picture: Luma) -> Plane:
    values = picture.astype(np.float32)
    return values - _smooth(values, DETAIL_SIGMA)


def _smooth(picture: Plane, sigma: float) -> Plane:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32)


def _correlation(one: Plane, other: Plane) -> float:
    first, second = one - one.mean(), other - other.mean()
    return float((first * second).sum() / np.sqrt((first**2).sum() * (second**2).sum() + 1e-6))
