"""What two cores give a network, each a copy of it, beside one copy on one core: the most that two workers can do.

    python benchmarks/two_cores.py CLIP [--model realesr-animevideov3] [--precision fp32] [--frames 200] [--runs 3]

Each run: one copy on the first core, one on the second, then both at once. Prints the medians of frames a second, and
the ratio of both together to the slower of the two alone.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

BARE = Path(__file__).resolve().parent / "bare.py"


def begin(core: int, options: argparse.Namespace) -> subprocess.Popen[bytes]:
    command = [sys.executable, BARE, options.clip, options.model, options.precision, "--frames", str(options.frames)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),  # noqa: PLW1509
    )


def speed(process: subprocess.Popen[bytes]) -> float:
    """Frames a second, once it has ended."""
    said, _ = process.communicate()
    return 1 / float(json.loads(said)["seconds_a_frame"])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--model", default="realesr-animevideov3")
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))[:2]
    alone: dict[int, list[float]] = {core: [] for core in cores}
    together = []
    for _ in range(options.runs):
        for core in cores:
            alone[core].append(speed(begin(core, options)))
        both = [begin(core, options) for core in cores]
        together.append(sum(speed(process) for process in both))
    singles = {core: statistics.median(speeds) for core, speeds in alone.items()}
    both_speed = statistics.median(together)
    for core, single in singles.items():
        print(f"core {core} alone: {single:.2f} frames/s")
    print(
        f"both at once: {both_speed:.2f} frames/s, {both_speed / min(singles.values()):.2f} times the slower one alone"
    )


if __name__ == "__main__":
    main()
