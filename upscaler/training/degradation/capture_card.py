"""What an analogue capture card did to a picture between the console and the encoder."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from upscaler.training.core.degradation import CaptureCard
from upscaler.training.core.twin import Pixels

from .spool import Frames

Planes = NDArray[np.float32]
"""(height, width, 3): luma, and two chroma planes around 128, of 255."""
EDGE_SIGMA = 1.0
"""Horizontal sigma of the edge enhancement in pixels: the halo of a card's aperture correction is 2 to 3 wide."""
BLEND = np.array([[0.25], [0.5], [0.25]], np.float32)
"""A blend of fields: each line becomes half itself and half the two lines of the other field."""


def through_card(frames: Frames, card: CaptureCard, seed: int) -> Iterator[Pixels]:
    """Yield low-resolution RGB frames (height, width, 3) as the card gives them to the encoder.

    Equal arguments give equal noise: frame i is drawn from (seed, i).
    """
    last = len(frames) - 1
    for at, frame in enumerate(frames):
        following = frames[min(at + 1, last)]
        planes = _to_planes(_woven(frame, following) if card.interlaced else frame)
        if card.blend_fields:
            planes = np.asarray(cv2.filter2D(planes, -1, BLEND), np.float32)
        planes[..., 1:] = _chroma(planes[..., 1:], card)
        planes[..., 0] = _luma(planes[..., 0], card, np.random.default_rng((seed, at)))
        yield _to_rgb(planes)


def _woven(frame: Pixels, following: Pixels) -> Pixels:
    """Return a frame whose lower field is from half a frame later: the mean of this frame and the next."""
    woven = frame.copy()
    woven[1::2] = cv2.addWeighted(frame[1::2], 0.5, following[1::2], 0.5, 0)
    return woven


def _chroma(chroma: Planes, card: CaptureCard) -> Planes:
    """Smear the chroma to the sides, and shift it to the right."""
    if card.chroma_blur:
        chroma = np.asarray(cv2.GaussianBlur(chroma, (0, 0), sigmaX=card.chroma_blur, sigmaY=1e-3), np.float32)
    if card.chroma_delay:
        shift = np.array([[1, 0, card.chroma_delay], [0, 1, 0]], np.float32)
        size = chroma.shape[1], chroma.shape[0]
        chroma = np.asarray(cv2.warpAffine(chroma, shift, size, borderMode=cv2.BORDER_REPLICATE), np.float32)
    return chroma


def _luma(luma: Planes, card: CaptureCard, random: np.random.Generator) -> Planes:
    """Sharpen, add the errors of gamma and black level, then noise: the order of the signal's way through a card."""
    if card.sharpen:
        smooth = np.asarray(cv2.GaussianBlur(luma, (0, 0), sigmaX=EDGE_SIGMA, sigmaY=1e-3), np.float32)
        luma = luma + card.sharpen * (luma - smooth)
    if card.gamma != 1.0:
        luma = (255.0 * np.power(np.clip(luma, 0, 255) / 255.0, card.gamma)).astype(np.float32)
    if card.black:
        luma = (card.black + luma * (1 - card.black / 255.0)).astype(np.float32)
    if card.noise:
        luma = luma + card.noise * random.standard_normal(luma.shape, np.float32)
    return luma


def _to_planes(frame: Pixels) -> Planes:
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2YCrCb), np.float32)


def _to_rgb(planes: Planes) -> Pixels:
    rounded = np.clip(np.rint(planes), 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(rounded, cv2.COLOR_YCrCb2RGB), np.uint8)
