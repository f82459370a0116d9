"""Perceptual hashes of the crops of a frame, by which a cropped copy of it is found."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from upscaler.pipeline.measure.luma import Luma

from .distances import Hashes

HASH_SIDE, DCT_SIDE = 8, 32
SIZES = ((1.0, 1), (0.9, 3), (0.8, 5))
"""Sides of the crops as shares of the frame's, and how many places each has along an axis: no crop is more than 2.5% of
the frame away from one of them."""
DCT = 2 * np.cos(np.pi * np.outer(np.arange(HASH_SIDE), 2 * np.arange(DCT_SIDE) + 1) / (2 * DCT_SIDE))
"""The lowest rows of the type 2 transform, unnormalised as scipy's, which ImageHash uses."""


@dataclass(frozen=True)
class Crop:
    """A part of a frame, in shares of its width and height."""

    left: float
    top: float
    width: float
    height: float


def _along_an_axis() -> list[tuple[float, float]]:
    return [((1 - size) * at / max(1, places - 1), size) for size, places in SIZES for at in range(places)]


CROPS = tuple(Crop(left, top, width, height) for left, width in _along_an_axis() for top, height in _along_an_axis())
"""81 crops down to 80% of the sides, the whole frame first."""


def crop_hashes(luma: Luma) -> Hashes:
    """Return the perceptual hash of each of CROPS, as ImageHash's ``phash`` defines it."""
    height, width = luma.shape
    reduced = np.empty((len(CROPS), DCT_SIDE, DCT_SIDE), np.float32)
    for at, crop in enumerate(CROPS):
        rows = slice(round(crop.top * height), round((crop.top + crop.height) * height))
        columns = slice(round(crop.left * width), round((crop.left + crop.width) * width))
        reduced[at] = cv2.resize(luma[rows, columns], (DCT_SIDE, DCT_SIDE), interpolation=cv2.INTER_AREA)
    low = (DCT @ reduced @ DCT.T).reshape(len(CROPS), -1)
    bits = np.packbits(low > np.median(low, axis=1, keepdims=True), axis=1)
    return np.asarray(bits.view(">u8")[:, 0].astype(np.uint64))
