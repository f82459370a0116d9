"""How far the detail of a picture reaches: an upscaled one has none beyond its first size."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upscaler.training.core.twin import Pixels

TILE = 128
"""Side of a tile in pixels."""
MIN_CONTRAST = 10.0
"""Standard deviation of a tile's luma, of 255, below which noise and rounding outweigh its detail."""
TILES_OF_A_FRAME = 12
BINS = TILE // 2
"""Bins of the spectrum, from 0 to Nyquist's frequency: half a cycle per pixel."""


@dataclass(frozen=True)
class Spectrum:
    """Mean power of the luma at each frequency, along rows and columns together: BINS bins, and the number of tiles."""

    power: NDArray[np.float64]
    tiles: int


def spectrum(frames: Iterable[Pixels]) -> Spectrum:
    """Average the normalised power spectra of the tiles with the most contrast. ``frames`` are (h, w, 3) RGB."""
    total, tiles = np.zeros(BINS), 0
    window = np.hanning(TILE)
    for frame in frames:
        for tile in _textured_tiles(luma(frame)):
            power = np.zeros(BINS)
            for lines in (tile, tile.T):
                centred = (lines - lines.mean(axis=1, keepdims=True)) * window
                power += (np.abs(np.fft.rfft(centred, axis=1)) ** 2).mean(axis=0)[1 : BINS + 1]
            total += power / power.sum()
            tiles += 1
    return Spectrum(total / max(1, tiles), tiles)


def luma(frame: Pixels) -> NDArray[np.float32]:
    """Return BT.709's luma of an RGB frame, 0 to 255."""
    return np.asarray(frame @ np.array([0.2126, 0.7152, 0.0722], np.float32), np.float32)


def _textured_tiles(picture: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    rows, columns = picture.shape[0] // TILE, picture.shape[1] // TILE
    tiles = picture[: rows * TILE, : columns * TILE].reshape(rows, TILE, columns, TILE).swapaxes(1, 2)
    flat = tiles.reshape(-1, TILE, TILE)
    contrast = flat.std(axis=(1, 2))
    best = np.argsort(-contrast, kind="stable")[:TILES_OF_A_FRAME]
    return [flat[at] for at in best if contrast[at] >= MIN_CONTRAST]
