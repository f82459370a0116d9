"""Samples that tests train on: pictures of soft edges, and their reductions."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from upscaler.training.core.twin import Pair, Pixels
from upscaler.training.samples.shard import ShardWriter

TILE = 24


def picture(side: int, seed: int) -> Pixels:
    """Return random blocks of colour, softly enlarged."""
    blocks = np.random.default_rng(seed).integers(0, 256, (6, 6, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(blocks, (side, side), interpolation=cv2.INTER_CUBIC), np.uint8)


def pair(number: int, tile: int = TILE, quantiser: int = 6) -> Pair:
    truth = picture(4 * tile, number)
    low = np.asarray(cv2.resize(truth, (tile, tile), interpolation=cv2.INTER_AREA), np.uint8)
    return Pair(number, low, truth, np.full((tile, tile), quantiser, np.uint8))


def write_samples(folder: Path, count: int = 12, held_out: int = 4, tile: int = TILE) -> Path:
    """Write shards to train on and held-out ones, and return their folder."""
    for name, first, last in (("training", 0, count), ("held-out", 1000, 1000 + held_out)):
        writer = ShardWriter(folder / name / "shard-00000", tile, {})
        for number in range(first, last):
            writer.add(pair(number, tile), 0, 0)
        writer.finish()
    return folder
