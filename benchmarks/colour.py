"""Are colours kept? A chart of 24 patches through the whole path, and through the manual workflow.

    python benchmarks/colour.py [--preset NAME ...] [--weights FILE ...] [--footage FOLDER] [--json FILE]

First every way of writing the chart down through script/upscale's own code with the nearest-neighbour network, for
every preset whose encoder this machine has; an untagged source of an unusual kind has its filter set, as a
person would. Then what each network adds by itself on flat patches, and, with a folder of footage and
ground truth, on real clips: with and without the filter that keeps the source's colours.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import manual
from benchmarks.chart import FRAMES, SOURCES, Source, draw, last_picture, make, shifts, worst_pixel
from benchmarks.truth import CLIPS, against_truth
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.presets import PRESETS
from upscaler.pipeline.core.recipe import Filters, Recipe
from upscaler.pipeline.networks.backend import Backend
from upscaler.pipeline.networks.registry import BUILTIN, NEAREST, find, open_backend
from upscaler.pipeline.render.encoders import check_all
from upscaler.pipeline.render.postfilters.colour_match import match_colours
from upscaler.pipeline.run import upscale_file

LOSSLESS, LOSSY = 2, 4
"""Of 255: what a preset may be off."""


def ours(source: Source, clip: Path, preset: str, folder: Path) -> int:
    """By how much, of 255, the worst pixel within a patch is off after the whole path."""
    target = folder / f"ours.{PRESETS[preset].container}"
    filters = Filters()
    for setting in source.settings:
        filters = filters.with_setting(setting)
    recipe = Recipe(preset=preset, scale=Fraction(1), filters=filters)
    upscale_file(clip, target, NEAREST, recipe, Limits(), lambda *_: None, force=True)
    return worst_pixel(last_picture(target))


def by_hand(clip: Path, folder: Path) -> int:
    """The same for manual.py's steps, the network replaced by nearest neighbour."""
    frames, target = folder / "frames", folder / "manual.mp4"
    frames.mkdir(exist_ok=True)
    manual.ffmpeg("-i", str(clip), "-q:v", "1", "-qmin", "1", "-qmax", "1", str(frames / "%05d.png"))
    for path in sorted(frames.glob("*.png")):
        cv2.imwrite(str(path), cv2.resize(cv2.imread(str(path)), None, fx=4, fy=4, interpolation=cv2.INTER_NEAREST))
    manual.ffmpeg(
        "-framerate", "25", "-pattern_type", "glob", "-i", str(frames / "*.png"), "-frames:v", str(FRAMES),
        "-vf", "format=yuv420p", "-preset", "veryfast", "-crf", "18", "-movflags", "+faststart", str(target),
    )  # fmt: skip
    return worst_pixel(last_picture(target))


def on_flat_patches(backend: Backend) -> dict[str, list[float]]:
    """By how much the mean of each patch moves, without and with the filter."""
    chart = draw(240, 160)
    after = backend.upscale(chart[None])[0]
    return {"without": shifts(after), "with": shifts(match_colours(chart, after))}


def table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])


def charts(presets: list[str], folder: Path) -> dict[str, dict[str, int]]:
    """For each source, the error of each preset and of the manual workflow."""
    results = {}
    for source in SOURCES:
        clip = make(source, folder / "chart.mkv")
        row = {name: ours(source, clip, name, folder) for name in presets}
        results[str(source)] = row | {"manual workflow": by_hand(clip, folder)}
        print(f"{source}: {results[str(source)]}", file=sys.stderr)
    return results


def main(presets: list[str], weights: list[str], footage: Path | None) -> dict[str, Any]:
    reasons = check_all()
    missing = {name: reason for name in presets if (reason := reasons[PRESETS[name].encoder])}
    usable = [name for name in presets if name not in missing]
    results: dict[str, Any] = {"missing": missing}
    with tempfile.TemporaryDirectory(prefix="colour-") as folder:
        results["charts"] = charts(usable, Path(folder))
        results["networks"] = {}
        for name in [*(name for name in BUILTIN if name != NEAREST), *weights]:
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                backend = open_backend(find(name, Path(scratch)), "fp32")
            result: dict[str, Any] = {"patches": on_flat_patches(backend)}
            if footage is not None:
                result["clips"] = {clip: against_truth(footage, clip, backend) for clip in CLIPS}
            results["networks"][Path(name).name] = result
    return results


def report(results: dict[str, Any]) -> str:
    rows = [[source, *map(str, row.values())] for source, row in results["charts"].items()]
    head = ["source", *next(iter(results["charts"].values()))]
    lines = ["Most that any pixel of the inner half of a patch is off, of 255:", "", table(head, rows), ""]
    lines += [f"Not on this machine: {name}. {reason}" for name, reason in results["missing"].items()]
    lines += ["", "What networks add on flat patches (mean and most, of 255):", ""]
    rows = [
        [name, *(f"{statistics.mean(moved):.1f}, {max(moved):.1f}" for moved in result["patches"].values())]
        for name, result in results["networks"].items()
    ]
    lines.append(table(["network", "without", "with the source's colours"], rows))
    rows = [
        [name, clip, *(f"{one['psnr']:.2f} dB, {one['colour']:.2f}" for one in figures.values())]
        for name, result in results["networks"].items()
        for clip, figures in result.get("clips", {}).items()
    ]
    if rows:
        lines += ["", "Against the ground truth (PSNR, and the mean difference of the low frequencies, of 255):", ""]
        lines.append(table(["network", "clip", "without", "with the source's colours"], rows))
    return "\n".join(lines)


def failures(results: dict[str, Any]) -> list[str]:
    return [
        f"{source} as {preset}: {error}"
        for source, row in results["charts"].items()
        for preset, error in row.items()
        if preset in PRESETS and error > (LOSSLESS if PRESETS[preset].is_lossless else LOSSY)
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", action="append", choices=PRESETS, help="only these; all by default")
    parser.add_argument("--weights", action="append", default=[], help="a file of weights to measure besides")
    parser.add_argument("--footage", type=Path, help="a folder with a manifest.json that names ground truth")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    found = main(arguments.preset or list(PRESETS), arguments.weights, arguments.footage)
    print(report(found))
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1))
    if failed := failures(found):
        sys.exit("Off by more than allowed:\n" + "\n".join(failed))
