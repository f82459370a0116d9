"""How close is a precision to fp32? PSNR over frames of clips, by the library that runs it.

    python benchmarks/precision.py CLIP ... [--backend torch] [--precision bf16] [--frames 20] [--side 120]

Frames are taken evenly from the first ten seconds, and of each the middle --side by --side pixels, for processors
without such numbers compute them slowly; 0 takes all. The worst clip is the last line.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from bare import decoded
from networks import DEFAULT

from upscaler.pipeline.networks.registry import find, open_backend
from upscaler.pipeline.networks.tune import MIN_DECIBELS, psnr


def middle(frames: np.ndarray, side: int) -> np.ndarray:
    """(n, h, w, 3) to (n, side, side, 3), or less where there is less."""
    height, width = frames.shape[1:3]
    top, left = (max(0, (length - side) // 2) if side else 0 for length in (height, width))
    return np.ascontiguousarray(frames[:, top : height - top, left : width - left])


def main() -> int:
    parser = argparse.ArgumentParser(description="How close a precision is to fp32.")
    parser.add_argument("clips", type=Path, nargs="+", metavar="CLIP")
    parser.add_argument("--backend", default="torch")
    parser.add_argument("--precision", default="bf16")
    parser.add_argument("--model", default=DEFAULT, help="a name, or a file of weights")
    parser.add_argument("--frames", type=int, default=20, help="of each clip")
    parser.add_argument("--side", type=int, default=120)
    options = parser.parse_args()
    worst = np.inf
    print("| clip | frames | least PSNR | mean PSNR |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        weights = find(options.model, Path(folder))
        exact, other = open_backend(weights, "fp32"), open_backend(weights, options.precision, options.backend)
        for clip in options.clips:
            found = decoded(clip, 300)
            chosen = found[np.linspace(0, len(found) - 1, min(options.frames, len(found))).round().astype(int)]
            decibels = [
                psnr(exact.upscale(frame[None]), other.upscale(frame[None])) for frame in middle(chosen, options.side)
            ]
            worst = min(worst, *decibels)
            print(f"| {clip.name} | {len(decibels)} | {min(decibels):.1f} | {np.mean(decibels):.1f} |", flush=True)
    print(f"\nLeast: {worst:.1f} dB ({MIN_DECIBELS:.0f} are promised)")
    return 0 if worst >= MIN_DECIBELS else 1


if __name__ == "__main__":
    raise SystemExit(main())
