"""The network by itself: frames in memory, through the backend in a loop, nothing else.

    python benchmarks/bare.py CLIP MODEL PRECISION [--backend NAME] [--frames 40]

Prints JSON: seconds a frame, behind the first batch, which also compiles and allocates.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from measure import size_of

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from upscaler.pipeline.networks.registry import find, open_backend


def decoded(clip: Path, count: int) -> np.ndarray:
    """(n, h, w, 3), the first frames."""
    width, height = size_of(clip)
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", clip, "-frames:v", str(count)]
    data = subprocess.check_output([*command, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
    return np.frombuffer(data, np.uint8).reshape(-1, height, width, 3)


def main() -> None:
    parser = argparse.ArgumentParser(description="Seconds a frame of a network by itself.")
    parser.add_argument("clip", type=Path)
    parser.add_argument("model")
    parser.add_argument("precision")
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--frames", type=int, default=40)
    options = parser.parse_args()
    frames = decoded(options.clip, options.frames)
    with tempfile.TemporaryDirectory() as folder:
        backend = open_backend(find(options.model, Path(folder)), options.precision, options.backend)
        each = backend.batch(frames.shape[2], frames.shape[1])
        backend.upscale(frames[:each])
        began = time.monotonic()
        for start in range(0, len(frames), each):
            backend.upscale(frames[start : start + each])
        seconds = (time.monotonic() - began) / len(frames)
        print(json.dumps({"seconds_a_frame": seconds, **vars(backend.engine)}))
        backend.close()


if __name__ == "__main__":
    main()
