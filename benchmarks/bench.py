"""script/upscale against the manual workflow, framelift and the bare network: one clip, one set of weights, in turns.

    script/bench CLIP [--frames 300] [--runs 3] [--model NAME|FILE] [--width N] [--without NAME ...] [--json FILE]

Whole processes are timed, from start to finished file; all write H.264 by x264, veryfast, CRF 18. The network by itself
is measured before and behind each run of ours, because machines change while one looks.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

from floor import Floor, floor
from measure import ROOT, Run, machine, make_source, run, upscale_command
from networks import DEFAULT, Network, load

from upscaler.pipeline.networks import compat

FRAMELIFT = ROOT / "benchmarks" / ".framelift" / "bin" / "framelift"
OURS, MANUAL = "script/upscale", "manual workflow"
PRESET = "h264"


@dataclass
class Results:
    """Runs by contestant, and seconds a frame of the bare network, in the order in which they were measured."""

    runs: dict[str, list[Run]] = field(default_factory=dict)
    bare: list[float] = field(default_factory=list)
    engine: dict[str, str] = field(default_factory=dict)

    def median(self, name: str) -> float:
        return statistics.median(one.seconds for one in self.runs[name])


def contestants(clip: Path, network: Network, model: str, folder: Path) -> dict[str, list[str]]:
    """Commands by name; ``folder`` is for what they need and write."""
    target, checkpoint = folder / "out.mp4", network.write_checkpoint(folder / "checkpoint.pth")
    named = network.write_for_framelift(folder)
    lift = [str(FRAMELIFT), "-i", str(clip), "-o", str(target), "--model", named, "--weights-dir", str(folder)]
    lift += ["--scale", "4", "--ai-strength", "1", "--tile", "0", "--device", "cpu", "--crf", "18"]
    manual = str(ROOT / "benchmarks" / "manual.py")
    return {
        MANUAL: [sys.executable, manual, str(clip), str(target), str(checkpoint)],
        "framelift, torch": [*lift, "--backend", "torch"],
        "framelift, OpenVINO": [*lift, "--backend", "openvino"],
        OURS: upscale_command(clip, target, "--model", model, "--preset", PRESET, "--precision", "fp32", "--force"),
    }


def compare(clip: Path, model: str, commands: dict[str, list[str]], runs: int) -> Results:
    """All runs, in turns."""
    results = Results(runs={name: [] for name in commands})
    for number in range(runs):
        for name, command in commands.items():
            if name == OURS:
                _measure_bare(results, clip, model)
            results.runs[name].append(run(command))
            print(f"run {number + 1}: {name}: {results.runs[name][-1].seconds:.1f} s", file=sys.stderr)
            if name == OURS:
                _measure_bare(results, clip, model)
    return results


def _measure_bare(results: Results, clip: Path, model: str) -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "bare.py"), str(clip), model, "fp32"]
    found = json.loads(subprocess.check_output(command, text=True))
    results.bare.append(found.pop("seconds_a_frame"))
    results.engine = found
    print(f"the network by itself: {results.bare[-1]:.3f} s a frame", file=sys.stderr)


def table(results: Results, frames: int) -> str:
    best = min((results.median(name) for name in results.runs if name.startswith("framelift")), default=0)
    manual = results.median(MANUAL) if MANUAL in results.runs else 0
    lines = [
        "| what | seconds, median (all) | seconds a frame | CPU-seconds | peak MiB | times the manual workflow "
        "| times framelift's best |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, runs in results.runs.items():
        seconds, every = results.median(name), ", ".join(f"{one.seconds:.1f}" for one in runs)
        cpu = statistics.median(one.cpu_seconds for one in runs)
        ratios = " | ".join(f"{other / seconds:.2f}" if other else "-" for other in (manual, best))
        peak = max(one.peak_mib for one in runs)
        lines.append(
            f"| {name} | {seconds:.1f} ({every}) | {seconds / frames:.3f} | {cpu:.0f} | {peak:.0f} | {ratios} |"
        )
    bare, ours = statistics.median(results.bare), results.median(OURS) / frames
    each = ", ".join(f"{one:.3f}" for one in results.bare)
    lines.append(
        f"\nThe network by itself ({results.engine['backend']}, {results.engine['precision']}): {bare:.3f} s a frame "
        f"({each}); the whole job runs at {bare / ours:.0%} of its speed."
    )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="script/upscale against what else there is.")
    parser.add_argument("clip", type=Path)
    parser.add_argument(
        "--frames", type=int, default=300, help="length of the clip that is made from CLIP; 0: as it is"
    )
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--model", default=DEFAULT, help="a name, or a file of weights")
    parser.add_argument("--width", type=int, help="of the clip that is made from CLIP")
    parser.add_argument("--without", nargs="*", default=[], metavar="NAME", help="contestants to leave out")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        folder = Path(scratch)
        network = load(options.model, folder)
        clip, frames = options.clip, options.frames or _frames_of(options.clip)
        if options.frames:
            clip = make_source(clip, folder / "clip.avi", frames, width=options.width)
        commands = contestants(clip, network, options.model, folder)
        for name in options.without:
            commands.pop(name)
        if compat.MISSING and commands.pop(MANUAL, None):
            print(f"{MANUAL} left out: {compat.MISSING}", file=sys.stderr)
        results = compare(clip, options.model, commands, options.runs)
        least = floor(network, clip, results.engine["backend"])
    print(f"{options.clip.name}, {frames} frames, {options.model}, {options.runs} runs each, in turns\n")
    print(table(results, frames))
    print(f"\n{least.sentence(statistics.median(results.bare))}")
    if options.json:
        options.json.write_text(json.dumps(_everything(results, least, frames, options), indent=2))


def _everything(results: Results, least: Floor, frames: int, options: argparse.Namespace) -> dict[str, object]:
    return {
        "machine": machine(),
        "settings": {name: str(value) for name, value in vars(options).items()},
        "frames": frames,
        "runs": {name: [asdict(one) for one in runs] for name, runs in results.runs.items()},
        "bare": results.bare,
        "engine": results.engine,
        "floor": asdict(least),
    }


def _frames_of(clip: Path) -> int:
    command = ["ffprobe", "-v", "error", "-count_frames", "-select_streams", "v:0", "-show_entries"]
    return int(
        subprocess.check_output([*command, "stream=nb_read_frames", "-of", "csv=p=0", clip], text=True).strip(",\n")
    )


if __name__ == "__main__":
    main()
