"""Does memory stay flat? The peak of script/upscale's process tree on a 10 s and on a 100 s clip.

    python benchmarks/memory.py CLIP [--model nearest] [--rate 3] [--width 160] [--seconds 10 100] [--json FILE]

The long clip is CLIP looped. With a network on a CPU, 100 s at 30 frames/s take half an hour: --rate
makes the clips of fewer frames a second, --width of smaller ones. Both are printed with the result. What
memory could grow with, the number of frames, segments and seconds of sound, grows tenfold in any case,
but only a rate at which the long clip has more than one segment of 240 frames shows all of it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from measure import Run, machine, make_source, run, upscale_command

DEFAULT_MODEL = "realesr-animevideov3"
MOST_GROWTH = 0.05


def main() -> int:
    parser = argparse.ArgumentParser(description="The peak memory of script/upscale by the length of the clip.")
    parser.add_argument("clip", type=Path)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--rate", type=int, default=30, help="frames a second of the clips")
    parser.add_argument("--width", type=int, default=320, help="width of the clips")
    parser.add_argument("--seconds", type=int, nargs=2, default=(10, 100))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there too")
    options = parser.parse_args()
    results: dict[int, Run] = {}
    with tempfile.TemporaryDirectory(prefix="memory-") as folder:
        for seconds in options.seconds:
            frames = seconds * options.rate
            clip = make_source(options.clip, Path(folder, "clip.avi"), frames, rate=options.rate, width=options.width)
            target = Path(folder, "out.mp4")
            command = upscale_command(
                clip, target, "--model", options.model, "--precision", options.precision, "--force"
            )
            results[seconds] = run(command)
            print(f"{seconds} s: {results[seconds].peak_mib:.0f} MiB", file=sys.stderr)
    short, long = (results[seconds] for seconds in options.seconds)
    growth, of_largest = long.peak_mib / short.peak_mib - 1, long.largest_mib / short.largest_mib - 1
    print(f"{options.clip.name} looped, {options.width} wide, {options.rate} frames/s, {options.model}\n")
    print("| clip | frames | peak MiB (summed PSS) | largest process | seconds |\n|---|---|---|---|---|")
    for seconds, result in results.items():
        peaks = f"{result.peak_mib:.0f} | {result.largest_mib:.0f}"
        print(f"| {seconds} s | {seconds * options.rate} | {peaks} | {result.seconds:.0f} |")
    print(f"\nGrowth: {growth:+.1%}; of the largest process, which holds the network: {of_largest:+.1%}")
    print(f"(at most {MOST_GROWTH:.0%} is promised)")
    if options.json:
        found = {str(seconds): vars(result) for seconds, result in results.items()}
        settings = {name: str(value) for name, value in vars(options).items()}
        options.json.write_text(json.dumps({"machine": machine(), "settings": settings, "runs": found}, indent=2))
    return 0 if max(growth, of_largest) <= MOST_GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
