"""Does the check find what is wrong? It looks at the results of another version of the pipeline.

    python benchmarks/checks.py CLIP ... --app CHECKOUT [--json FILE]

CHECKOUT is a checkout of a version whose results are wrong, such as one with a mend taken out. It renders each clip
with the nearest-neighbour network; the check gets what it found and planned, and its result.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import ROOT

sys.path.insert(0, str(ROOT))

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.output.verify import verify
from upscaler.pipeline.planning.plan import Plan

RENDER = """
import json, sys
from pathlib import Path
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.output.assemble import assemble
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.networks.backends.nearest import NearestBackend
from upscaler.pipeline.planning.plan import make_plan
from upscaler.pipeline.source.probe import probe
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.render.segments import Renderer
source, folder, limits = Path(sys.argv[1]), Path(sys.argv[2]), Limits()
facts = analyse(source, probe(source, limits), limits)
plan = make_plan(facts, Recipe(), 4, limits)
paths = [folder / f"{number}.mp4" for number in range(len(plan.segments))]
with Renderer(source, plan, NearestBackend(4), limits, with_playable=False) as renderer:
    for (start, end), path in zip(plan.segments, paths):
        renderer.render(start, end, path, lambda *_: None)
assemble(source, facts, plan, paths, folder / "result.mp4", limits)
(folder / "told.json").write_text(json.dumps({"facts": facts.to_json(), "plan": plan.to_json()}))
"""


def check(clip: Path, app: Path) -> tuple[str, float]:
    """What the check says of another version's result, and the seconds that it took."""
    with tempfile.TemporaryDirectory(prefix="checks-") as name:
        folder = Path(name)
        command = [sys.executable, "-c", RENDER, str(clip), name]
        made = subprocess.run(command, cwd=app, env={"PYTHONPATH": str(app), "PATH": "/usr/bin:/bin"}, check=False,
                              capture_output=True, text=True)  # fmt: skip
        if made.returncode:
            return f"not rendered: {made.stderr.strip().splitlines()[-1]}", 0.0
        told = json.loads((folder / "told.json").read_text())
        facts, plan = Facts.from_json(told["facts"]), Plan.from_json(told["plan"])
        began = time.monotonic()
        try:
            verify(clip, facts, plan, folder / "result.mp4", Limits())
        except PipelineError as error:
            said = f"failed: {error.message.removeprefix('The result failed its check: ')}"
        else:
            said = "passed"
        return said, time.monotonic() - began


def main() -> int:
    parser = argparse.ArgumentParser(description="Results of another version, checked by this one.")
    parser.add_argument("clips", type=Path, nargs="+", metavar="CLIP")
    parser.add_argument("--app", type=Path, required=True, metavar="CHECKOUT")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there too")
    options = parser.parse_args()
    rows = {}
    print("| clip | what the check says | seconds |\n|---|---|---|")
    for clip in options.clips:
        said, seconds = check(clip.resolve(), options.app.resolve())
        rows[clip.name] = said
        print(f"| {clip.name} | {said} | {seconds:.1f} |", flush=True)
    passed = sum(said == "passed" for said in rows.values())
    print(f"\n{passed} of {len(rows)} results pass.")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
