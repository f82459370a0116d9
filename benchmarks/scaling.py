"""What a job costs against the length of the clip, the size of its frames and the network: whole processes.

    python benchmarks/scaling.py CLIP [--rate 5] [--large FILE] [--json FILE]

Clips of 10, 60 and 300 s at --rate frames a second; of 320x240 and 640x480; and, with the weights --large, another
network on frames of 160x120. The line below the table is what the first frame costs more than the others: start-up.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from measure import Run, machine, make_source, run, upscale_command
from networks import DEFAULT

SECONDS = (10, 60, 300)
FEW = 60
"""Frames of the clips that differ in size."""
FEW_OF_LARGE = 16


def main() -> None:
    parser = argparse.ArgumentParser(description="The cost of a job against length, size and network.")
    parser.add_argument("clip", type=Path)
    parser.add_argument("--rate", type=int, default=5, help="frames a second of the clips of 10, 60 and 300 s")
    parser.add_argument("--large", type=Path, help="weights of another network, on frames of 160x120")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there too")
    options = parser.parse_args()
    cases = [(f"{seconds} s", seconds * options.rate, 320, DEFAULT) for seconds in SECONDS]
    cases += [("320x240", FEW, 320, DEFAULT), ("640x480", FEW, 640, DEFAULT), ("160x120", FEW_OF_LARGE, 160, DEFAULT)]
    if options.large:
        cases.append((f"160x120, {options.large.stem}", FEW_OF_LARGE, 160, str(options.large)))
    results: dict[str, Run] = {}
    print("| clip | frames | seconds | seconds a frame | CPU-seconds a frame | peak MiB | largest process, MiB |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="scaling-") as folder:
        for name, frames, width, model in cases:
            clip = make_source(options.clip, Path(folder, "clip.avi"), frames, rate=options.rate, width=width)
            command = upscale_command(
                clip, Path(folder, "out.mp4"), "--model", model, "--precision", "fp32", "--set", "duplicates=off",
                "--force",
            )  # fmt: skip
            one = results[name] = run(command)
            each = f"{one.seconds / frames:.3f} | {one.cpu_seconds / frames:.3f}"
            print(
                f"| {name} | {frames} | {one.seconds:.1f} | {each} | {one.peak_mib:.0f} | {one.largest_mib:.0f} |",
                flush=True,
            )
    short, _, long = (results[f"{seconds} s"] for seconds in SECONDS)
    more = options.rate * (SECONDS[-1] - SECONDS[0])
    rest = (long.seconds - short.seconds) / more
    start = short.seconds - rest * options.rate * SECONDS[0]
    print(f"\nA frame more costs {rest:.3f} s, the job itself {start:.1f} s.")
    print(f"The largest process takes {long.largest_mib / short.largest_mib - 1:+.1%} for the longest clip.")
    if options.json:
        found = {name: vars(one) for name, one in results.items()}
        options.json.write_text(json.dumps({"machine": machine(), "runs": found}, indent=2))


if __name__ == "__main__":
    sys.exit(main())
