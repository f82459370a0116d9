"""Where the time goes: the phases of a job, and the CPU-seconds of one frame, as a table and a picture.

    python benchmarks/breakdown.py CLIP [--model NAME|FILE] [--frames 60] [--svg FILE]

Phases are timed in one whole job, stages of a frame one after the other, each by itself on the same frames.
"""

from __future__ import annotations

import argparse
import itertools
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from html import escape
from pathlib import Path

from bare import decoded
from measure import make_source
from networks import DEFAULT

from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.networks.registry import find, open_backend
from upscaler.pipeline.planning.plan import make_plan
from upscaler.pipeline.render.decode import Decoder
from upscaler.pipeline.render.encode import Encoder
from upscaler.pipeline.render.pictures import Picture
from upscaler.pipeline.render.postfilters.colour_match import colour_matched
from upscaler.pipeline.run import upscale_file
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import probe

Parts = dict[str, float]
COLOURS = ("#4c78a8", "#f58518", "#54a24b", "#b279a2", "#e45756", "#9d755d")


def phases(clip: Path, model: str, folder: Path) -> Parts:
    """Seconds of each phase of a whole job."""
    marks = [("start", time.monotonic())]

    def on_progress(stage: str, _done: int, _total: int) -> None:
        if stage != marks[-1][0]:
            marks.append((stage, time.monotonic()))

    recipe = Recipe(precision="fp32")
    upscale_file(clip, folder / "out.mp4", model, recipe, Limits(), on_progress, force=True, tuned=folder / "tuned")
    marks.append(("end", time.monotonic()))
    return {name: after - at for (name, at), (_, after) in itertools.pairwise(marks[1:])}


def stages(clip: Path, model: str, folder: Path) -> Parts:
    """CPU-seconds of a frame in each stage."""
    limits = Limits()
    facts = analyse(clip, probe(clip, limits), limits, lambda _frames: None)
    weights = find(model, folder)
    plan = make_plan(facts, Recipe(precision="fp32"), weights.scale, limits)
    backend = open_backend(weights, "fp32")
    each = backend.batch(plan.source.width, plan.source.height)
    frames = decoded(clip, plan.frame_count)
    count = len(frames) - len(frames) % each
    backend.upscale(frames[:each])
    enlarged, found = [], {}

    def decode() -> None:
        with Decoder(clip, plan, limits) as decoder:
            for _ in decoder:
                pass

    def network() -> None:
        for start in range(0, count, each):
            enlarged.extend(backend.upscale(frames[start : start + each]))

    def colours() -> None:
        pictures = (Picture(number, *both) for number, both in enumerate(zip(frames[:count], enlarged, strict=True)))
        enlarged[:] = [picture.after for picture in colour_matched(pictures)]

    def encode() -> None:
        with Encoder(folder / "x.mp4", plan, limits, start=0, end=count, with_playable=False) as encoder:
            for picture in enlarged:
                encoder.write(picture)
            encoder.finish()

    for act in (decode, network, colours, encode):
        found[act.__name__] = _cpu(act) / (plan.frame_count if act is decode else count)
    backend.close()
    return found


def _cpu(act: Callable[[], None]) -> float:
    before = _used()
    act()
    return _used() - before


def _used() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in both)


def table(title: str, parts: Parts, unit: str, factor: float) -> str:
    total = sum(parts.values())
    lines = [f"| {title} | {unit} | share |", "|---|---|---|"]
    lines += [f"| {name} | {value * factor:.1f} | {value / total:.0%} |" for name, value in parts.items()]
    return "\n".join([*lines, f"| all | {total * factor:.1f} | |"])


def svg(bars: dict[str, tuple[Parts, str, float]]) -> str:
    """A bar for each set of parts, with a legend below it; readable on light and dark pages."""
    width, tall, rows = 760, 34, []
    y = 24
    for title, (parts, unit, factor) in bars.items():
        total, x = sum(parts.values()), 20.0
        rows.append(f'<text x="20" y="{y}" class="title">{escape(title)}: {total * factor:.1f} {unit}</text>')
        y += 12
        legend = y + tall + 20
        for (name, value), colour in zip(parts.items(), COLOURS, strict=False):
            wide = value / total * (width - 40)
            rows.append(f'<rect x="{x:.1f}" y="{y}" width="{wide:.1f}" height="{tall}" fill="{colour}"/>')
            rows.append(f'<rect x="20" y="{legend - 10}" width="11" height="11" fill="{colour}"/>')
            said = f"{name}: {value * factor:.1f} {unit}, {value / total:.0%}"
            rows.append(f'<text x="38" y="{legend}">{escape(said)}</text>')
            x, legend = x + wide, legend + 18
        y = legend + 24
    style = "text{font:13px system-ui,sans-serif;fill:#24292f}.title{font-weight:600}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y - 20}" role="img">'
        f'<title>Where the time goes</title><style>{style}</style><rect width="{width}" height="{y - 20}" fill="#fff"/>'
        + "".join(rows)
        + "</svg>\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Where the time goes.")
    parser.add_argument("clip", type=Path)
    parser.add_argument("--model", default=DEFAULT, help="a name, or a file of weights")
    parser.add_argument("--frames", type=int, default=60, help="length of the clip that is made from CLIP")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="write a picture there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="breakdown-") as scratch:
        folder = Path(scratch)
        clip = make_source(options.clip, folder / "clip.avi", options.frames)
        job, frame = phases(clip, options.model, folder), stages(clip, options.model, folder)
    print(f"{options.clip.name}, {options.frames} frames, {options.model}\n")
    print(table("a job", job, "seconds", 1), table("a frame", frame, "CPU-ms", 1000), sep="\n\n")
    if options.svg:
        title = f"A job of {options.frames} frames"
        options.svg.write_text(svg({title: (job, "s", 1.0), "A frame": (frame, "CPU-ms", 1000.0)}))


if __name__ == "__main__":
    sys.exit(main())
