"""Decoding over a long job: how many frames are decoded, for each that is rendered, by one worker and by several.

    .venv/bin/python benchmarks/long.py [--hours 3] [--workers 1 2 4]

A clip of 64x48 at 30 frames/s goes through the nearest-neighbour network in segments of 300 frames, by as many threads
as there are workers, which choose their segments as the app's workers do. A decoder that begins anew decodes all frames
up to its first one.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "haloweb.settings")

import django

django.setup()

from upscaler.jobs.rendering.segment_selection import Candidate, choose
from upscaler.models import SegmentState
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.networks.builtin import BUILTIN
from upscaler.pipeline.networks.registry import open_backend
from upscaler.pipeline.planning.plan import Plan, make_plan
from upscaler.pipeline.render.decode import Decoder
from upscaler.pipeline.render.segments import Renderer, upscale
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import probe

SEGMENT_FRAMES = 300
RATE = 30


class Table:
    """The segments of a job, as the database has them."""

    def __init__(self, plan: Plan) -> None:
        self._candidates = [
            Candidate(number, number, start, end, SegmentState.WAITING, 0)
            for number, (start, end) in enumerate(plan.segments)
        ]
        self._lock = threading.Lock()
        self._megapixels = plan.source.width * plan.source.height / 1e6
        self._began = time.monotonic()

    def next(self, after: int | None) -> Candidate | None:
        with self._lock:
            if after is not None:
                self._candidates[after] = replace(self._candidates[after], state=SegmentState.DONE)
            done = sum(candidate.state == SegmentState.DONE for candidate in self._candidates) * SEGMENT_FRAMES
            seconds = (time.monotonic() - self._began) / done if done else 0.0
            candidate = choose(self._candidates, after, seconds_per_frame=seconds, megapixels=self._megapixels)
            if candidate is not None:
                self._candidates[candidate.index] = replace(candidate, state=SegmentState.CLAIMED)
            return candidate

    @property
    def is_done(self) -> bool:
        return all(candidate.state == SegmentState.DONE for candidate in self._candidates)


class Count:
    """Of frames that decoders were asked for."""

    def __init__(self) -> None:
        self.skipped = self.begun = 0

    def patch(self) -> None:
        count = self

        class Counted(Decoder):
            def __init__(self, *values: object, start: int = 0) -> None:
                count.begun += 1
                count.skipped += start
                super().__init__(*values, start=start)  # type: ignore[arg-type]

        upscale.Decoder = Counted  # type: ignore[misc]


def work(source: Path, plan: Plan, table: Table, target: Path) -> None:
    weights = BUILTIN["nearest"]
    with Renderer(source, plan, open_backend(weights, "fp32"), Limits()) as renderer:
        after = None
        while (candidate := table.next(after)) is not None:
            renderer.render(candidate.start, candidate.end, target, told)
            after = candidate.index


def told(*_: object) -> None:
    """Nobody watches."""


def measure(source: Path, plan: Plan, workers: int, folder: Path) -> tuple[float, Count]:
    count, table = Count(), Table(plan)
    count.patch()
    began = time.monotonic()
    threads = [
        threading.Thread(target=work, args=(source, plan, table, folder / f"{number}.mp4")) for number in range(workers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert table.is_done
    return time.monotonic() - began, count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=3)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "long.avi"
        pictures = f"testsrc2=size=64x48:rate={RATE}:duration={options.hours * 3600}"
        command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", pictures]
        subprocess.run([*command, "-c:v", "mpeg4", "-q:v", "6", str(source)], check=True)
        limits = Limits()
        facts = analyse(source, probe(source, limits), limits)
        plan = make_plan(facts, Recipe(preset="h264"), BUILTIN["nearest"].scale, limits).cut(SEGMENT_FRAMES)
        print(f"{plan.frame_count} frames in {len(plan.segments)} segments")
        print("| workers | seconds | decoders begun | frames decoded and thrown away | decoded / rendered |")
        print("|---|---|---|---|---|")
        for workers in options.workers:
            seconds, count = measure(source, plan, workers, Path(name))
            share = 1 + count.skipped / plan.frame_count
            print(f"| {workers} | {seconds:.0f} | {count.begun} | {count.skipped} | {share:.2f} |", flush=True)


if __name__ == "__main__":
    main()
