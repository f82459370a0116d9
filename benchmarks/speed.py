"""script/upscale against the manual workflow (manual.py): same clip, same weights, fp32 for both.

    python benchmarks/speed.py CLIP [--frames 100] [--runs 3] [--json FILE]

The runs alternate, so that a machine that warms up or slows down is fair to both. Whole processes are
timed, from start to finished file.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

from measure import ROOT, Run, machine, make_source, run, upscale_command


def compare(clip: Path, runs: int, folder: Path, *, with_auto: bool) -> dict[str, list[Run]]:
    """All runs by name, in turns."""
    target = folder / "out.mp4"
    commands = {
        "manual workflow, fp32": [sys.executable, str(ROOT / "benchmarks" / "manual.py"), str(clip), str(target)],
        "script/upscale, fp32": upscale_command(clip, target, "--precision", "fp32", "--force"),
    }
    if with_auto:
        commands["script/upscale, auto"] = upscale_command(clip, target, "--precision", "auto", "--force")
    results: dict[str, list[Run]] = {name: [] for name in commands}
    for number in range(runs):
        for name, command in commands.items():
            target.unlink(missing_ok=True)
            results[name].append(run(command))
            print(f"run {number + 1}: {name}: {results[name][-1].seconds:.1f} s", file=sys.stderr)
    return results


def table(results: dict[str, list[Run]], frames: int) -> str:
    medians = {name: statistics.median(one.seconds for one in runs) for name, runs in results.items()}
    manual = next(iter(medians.values()))
    lines = [
        "| what | seconds, median (all) | seconds a frame | CPU-seconds, median | peak MiB | times as fast |",
        "|---|---|---|---|---|---|",
    ]
    for name, runs in results.items():
        every = ", ".join(f"{one.seconds:.1f}" for one in runs)
        cpu = statistics.median(one.cpu_seconds for one in runs)
        peak = max(one.peak_mib for one in runs)
        lines.append(
            f"| {name} | {medians[name]:.1f} ({every}) | {medians[name] / frames:.3f} | {cpu:.1f} | {peak:.0f} "
            f"| {manual / medians[name]:.2f} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="script/upscale against the manual workflow.")
    parser.add_argument("clip", type=Path)
    parser.add_argument("--frames", type=int, default=100, help="length of the clip that is made from CLIP")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--auto", action="store_true", help="time --precision auto as well")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="speed-") as folder:
        clip = make_source(options.clip, Path(folder, "clip.avi"), options.frames)
        results = compare(clip, options.runs, Path(folder), with_auto=options.auto)
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"{options.clip.name}, {options.frames} frames, {options.runs} runs each, in turns; load average {load}\n")
    print(table(results, options.frames))
    if options.json:
        found = {name: [vars(one) for one in runs] for name, runs in results.items()}
        options.json.write_text(json.dumps({"machine": machine(), "frames": options.frames, "runs": found}, indent=2))


if __name__ == "__main__":
    main()
