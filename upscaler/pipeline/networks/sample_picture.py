"""A picture to measure networks with: edges, flat areas and noise, the same at every call."""

from __future__ import annotations

import numpy as np

from .backend import Batch

MAX_PIXELS = 320 * 240
"""Larger frames are measured by a part: a large network may take minutes for a whole one."""


def sample(size: tuple[int, int]) -> Batch:
    """Return one frame of this size, (width, height), or a part of it."""
    width, height = size
    while width * height > MAX_PIXELS:
        width, height = -(-width // 2), -(-height // 2)
    numbers = np.random.default_rng(1)
    coarse = numbers.integers(0, 256, (-(-height // 16), -(-width // 16), 3))
    blocks = coarse.repeat(16, axis=0).repeat(16, axis=1)[:height, :width]
    noisy = blocks + numbers.normal(0, 6, blocks.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)[None]
