"""Would it pay to compute only what has changed since the last frame? The share of pixels that would be left.

    python benchmarks/unchanged.py CLIP ... [--frames 150] [--reach 18]

A pixel has to be computed anew if one within --reach of it has changed: the network's receptive field, 18 for
realesr-animevideov3. By tiles of Winograd's method all that a changed one touches, layer by layer, is six times as far.
"""

from __future__ import annotations

import argparse
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from bare import decoded

TILE = 6


def changed(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(height, width), 1 where the frames differ."""
    return (one != other).any(axis=-1).astype(np.uint8)


def grown(mask: np.ndarray, reach: int) -> np.ndarray:
    return cv2.dilate(mask, np.ones((2 * reach + 1,) * 2, np.uint8))


def box(mask: np.ndarray) -> float:
    """Share of the smallest rectangle around all of it."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (rows[-1] - rows[0] + 1) * (columns[-1] - columns[0] + 1) / mask.size


def _shares(mask: np.ndarray, reach: int) -> tuple[float, ...]:
    """Of all pixels: changed, left to compute, within the rectangle around these, and by whole tiles."""
    left = grown(mask, reach)
    return float(mask.mean()), float(left.mean()), box(left), float(grown(mask, reach * TILE).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description="The share of pixels that change from frame to frame.")
    parser.add_argument("clips", type=Path, nargs="+", metavar="CLIP")
    parser.add_argument("--frames", type=int, default=150)
    parser.add_argument("--reach", type=int, default=18)
    options = parser.parse_args()
    print("| clip | frames like the one before | changed | left to compute | its rectangle | by whole tiles |")
    print("|---|---|---|---|---|---|")
    for clip in options.clips:
        masks = [changed(one, other) for one, other in pairwise(decoded(clip, options.frames))]
        moving = [mask for mask in masks if mask.any()]
        shares = np.mean([_shares(mask, options.reach) for mask in moving], axis=0)
        print(f"| {clip.name} | {len(masks) - len(moving)} | " + " | ".join(f"{share:.0%}" for share in shares) + " |")


if __name__ == "__main__":
    main()
