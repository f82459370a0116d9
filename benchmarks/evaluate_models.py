"""Score models on a folder of old clips whose truth is known, against Lanczos and stock.

    python benchmarks/evaluate_models.py FOOTAGE WEIGHTS ... [--every 20] [--burst 1] [--clips NAME,...] [--out DIR]
                                         [--precision auto] [--bicubic] [--no-sequences] [--threads 1]
                                         [--pictures 3] [--against NAME ...]

FOOTAGE holds manifest.json, which says what each frame of each clip shows; WEIGHTS are .pth or .safetensors files,
or NAME=FILE where several files have one name. Names such as with/0 and without/0 are seeds of two ways of training,
which get a table of their own.
Rows go to DIR/rows.jsonl, one per frame and model: the same command goes on after it was killed, and measures only what
is new. The table is printed, and written to DIR/report.md and DIR/report.json. --burst 2 measures flicker too.
DIR/pictures gets crops side by side of --pictures frames on which the last model gains what it gains usually.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from upscaler.pipeline.core.errors import PipelineError
from upscaler.training.evaluation import pictures, report, seeds
from upscaler.training.evaluation.cases.old_clips import OldClip, old_clips
from upscaler.training.evaluation.clips import Sampling
from upscaler.training.evaluation.contestants import LANCZOS, STOCK, Contestant, baselines, bicubic, open_network
from upscaler.training.evaluation.evaluate import evaluate
from upscaler.training.evaluation.rows import ClipRow, FrameRow, Row
from upscaler.training.evaluation.summary import summarise


def on_row(row: Row) -> None:
    """Say on the error output that a clip is finished."""
    if isinstance(row, ClipRow):
        print(f"{row.key.case}: {row.key.contestant}, {row.frames} frames", file=sys.stderr, flush=True)


def named(weights: str, scratch: Path, precision: str) -> Contestant:
    """Open FILE under its own name, or NAME=FILE."""
    name, _, file = weights.rpartition("=")
    return open_network(file, scratch, precision, name=name)


def draw(
    count: int, rows: Sequence[Row], clips: Sequence[OldClip], contestants: Sequence[Contestant], folder: Path
) -> None:
    """Write crops of typical frames of the last contestant, side by side with the others'."""
    frames = [row for row in rows if isinstance(row, FrameRow)]
    chosen = pictures.typical_frames(frames, contestants[-1].name, STOCK, count)
    for clip in clips:
        for number in sorted(number for case, number in chosen if case == clip.name):
            frame = next(clip.frames(Sampling(len(clip.shows), first=number)))
            pictures.write(pictures.compare(frame, contestants), folder / f"{clip.name}-{number}.png")


def main() -> int:
    parser = argparse.ArgumentParser(description="Score models on clips whose truth is known.")
    parser.add_argument("footage", type=Path)
    parser.add_argument("weights", nargs="*", metavar="WEIGHTS", help="FILE, NAME=FILE, or a model of HaloWeb")
    parser.add_argument("--every", type=int, default=20, help="evaluate one of so many frames")
    parser.add_argument("--burst", type=int, default=1, help="successive frames each time; 2 or more measure flicker")
    parser.add_argument("--clips", default="", help="parts of names, separated by commas")
    parser.add_argument("--out", type=Path, help="folder for rows and reports; a temporary one by default")
    parser.add_argument("--against", nargs="+", default=[], metavar="NAME", help="compare with these of the models too")
    parser.add_argument("--precision", default="auto", choices=("auto", "fp32", "bf16", "fp16"))
    parser.add_argument("--bicubic", action="store_true", help="compare with bicubic too")
    parser.add_argument("--no-sequences", action="store_true", help="leave VMAF-NEG and XPSNR out")
    parser.add_argument("--pictures", type=int, default=0, metavar="COUNT", help="crops side by side; needs --out")
    parser.add_argument("--threads", type=int, default=1, help="of torch; more than 1 only where nothing else runs")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    sampling = Sampling(options.every, options.burst)
    with tempfile.TemporaryDirectory() as scratch:
        out = options.out or Path(scratch)
        try:
            contestants = baselines(Path(scratch), options.precision)
            contestants += [bicubic()] if options.bicubic else []
            contestants += [named(each, Path(scratch), options.precision) for each in options.weights]
            clips = old_clips(options.footage, [name for name in options.clips.split(",") if name])
            rows = evaluate(
                clips,
                contestants,
                out / "rows.jsonl",
                sampling,
                with_sequences=not options.no_sequences,
                on_row=on_row,
            )
        except PipelineError as error:
            print(error.message, file=sys.stderr)
            return 1
        if options.pictures and options.out:
            draw(options.pictures, rows, clips, contestants, out / "pictures")
        summary = summarise(rows, [STOCK, LANCZOS, *options.against])
        text = report.to_markdown(summary, sampling) + "\n" + seeds.to_markdown(seeds.over_seeds(summary))
        (out / "report.md").write_text(text)
        (out / "report.json").write_text(json.dumps(report.to_json(summary, sampling), indent=1))
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
