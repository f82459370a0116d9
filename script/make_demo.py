"""Make the example of the empty library: a few seconds of a video, upscaled by the built-in network and compared."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from upscaler.pipeline.comparison import comparison_clip, stills
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.networks.builtin import BUILTIN, DEFAULT
from upscaler.pipeline.planning.plan import make_plan
from upscaler.pipeline.render import frame_files
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import probe

HERE = Path(__file__).resolve().parent.parent
CLIP = HERE / "upscaler/demo/clip.avi"
SHOWN = HERE / "static/upscaler/demo"
SECONDS = 3
STILL = 20
"""Number of the frame that is shown before the clip plays."""
SMALLER = ("-c:v", "libx264", "-preset", "veryslow", "-crf", "28", "-tune", "film", "-g", "30")
"""The clip comes with every copy of the app: a third of the bytes of one that a job gets."""


def main(source: Path) -> None:
    """Write the clip, its comparison, a still of both, and what the player has to know."""
    run("ffmpeg", "-y", "-v", "error", "-i", source, "-t", str(SECONDS), "-c", "copy", "-map_metadata", "-1", CLIP)
    limits = Limits()
    facts = analyse(CLIP, probe(CLIP, limits), limits)
    plan = make_plan(facts, Recipe(), BUILTIN[DEFAULT].scale, limits)
    with tempfile.TemporaryDirectory() as folder:
        result, both = Path(folder) / "result.mp4", Path(folder) / "both.mp4"
        run(HERE / "script/upscale", CLIP, result)
        comparison_clip.make_comparison_clip(CLIP, result, facts, plan, both, limits)
        small = ("-c:a", "copy", "-movflags", "+faststart", "-map_metadata", "-1", SHOWN / "comparison.mp4")
        run("ffmpeg", "-y", "-v", "error", "-i", both, *SMALLER, *small)
        pair = *stills.before_frames(CLIP, plan, (STILL,), limits), *stills.after_frames(result, plan, (STILL,), limits)
    for name, frame in zip(("before.jpg", "after.jpg"), pair, strict=True):
        frame_files.write_picture(SHOWN / name, frame)
    said = {
        "rate": [plan.rate.numerator, plan.rate.denominator],
        "frames": plan.frame_count,
        "width": plan.output.width,
        "height": plan.output.height,
        "layout": comparison_clip.layout(plan).to_json(),
        "still": STILL,
    }
    (CLIP.parent / "demo.json").write_text(json.dumps(said, indent=2) + "\n")


def run(*command: str | Path) -> None:
    subprocess.run([str(word) for word in command], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
