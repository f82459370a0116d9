"""Makes rows of training in a server's database, in a process of its own, so that no test waits for a harvest.

``python -m tests.e2e.dataset captures OWNER FRAMES CAPTURE...`` makes a dataset, whose last capture is held out;
``python -m tests.e2e.dataset run OWNER`` a run that is done, with a curve, pictures of two snapshots, and a version.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.data_folder import ROOT
from tests.e2e.server import Server


def make_dataset(server: Server, owner: str, captures: Sequence[Path], frames: int) -> None:
    """Make a dataset "Chill Out" of these captures, of which the first frames are used."""
    _ask(server, "captures", owner, str(frames), *map(str, captures))


def make_run(server: Server, owner: str) -> None:
    """Make a run "first light"."""
    _ask(server, "run", owner)


def _ask(server: Server, *arguments: str) -> None:
    command = [sys.executable, "-m", "tests.e2e.dataset", *arguments]
    subprocess.run(command, cwd=ROOT, env=server.environment, check=True)


def captures(owner: str, frames: str, *names: str) -> None:
    from tests import factories
    from upscaler.models import CaptureSplit, Frame, User
    from upscaler.pipeline.core.limits import Limits
    from upscaler.selectors.datasets import facts_of
    from upscaler.training.captures.probe import probe_capture

    dataset = factories.make_dataset(User.objects.get(username=owner), name="Chill Out", game="ce")
    for path in map(Path, names):
        capture = factories.make_capture(
            dataset,
            title=path.stem,
            map=path.stem,
            original_name=path.name,
            facts_json=facts_of(probe_capture(path, Limits(), capture_id=path.stem)),
            split=CaptureSplit.HELD_OUT if str(path) == names[-1] else CaptureSplit.TRAINING,
            size=path.stat().st_size,
            frames_kept=int(frames),
        )
        factories.store(capture.key, path.read_bytes())
        measures = {"burst": 0, "scene": 0, "sharpness": 90.0, "brightness": 100.0, "kept": True}
        Frame.objects.bulk_create(
            Frame(capture=capture, number=number, hash=number, **measures) for number in range(int(frames))
        )


def run(owner: str) -> None:
    import cv2

    from tests import factories
    from tests.training.arrays import picture
    from upscaler.models import RunPoint, RunState, User
    from upscaler.training.trainer.recipe import TrainingRecipe
    from upscaler.training.trainer.run_files import BASE, BEFORE, TRUTH, picture_name

    values = {"name": "first light", "state": RunState.DONE, "base": factories.builtin_model()}
    made = factories.make_run(
        User.objects.get(username=owner), recipe=TrainingRecipe(steps=400), step=400, total=400, seconds=210.0, **values
    )
    for step in range(20, 401, 20):
        has_snapshot = step % 100 == 0
        RunPoint.objects.create(
            run=made,
            step=step,
            seconds=step / 2,
            loss=0.02 + 1 / step,
            rate=2e-4,
            score=28 + step / 1000 if has_snapshot else None,
            note="Returned to step 200, with half the learning rate." if step == 300 else "",
            has_snapshot=has_snapshot,
        )
    for example in range(2):
        shown: list[str | int] = [BEFORE, BASE, TRUTH, 100, 200, 300, 400]
        for number, shows in enumerate(shown):
            content = cv2.imencode(".webp", picture(480, 10 * example + number))[1].tobytes()
            factories.store(f"{made.folder}/{picture_name(example, shows)}", content)
    factories.make_model(name="h1v1", run=made, step=400, licence="CC0-1.0")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "haloweb.settings")
    import django

    django.setup()
    if sys.argv[1] == "run":
        run(sys.argv[2])
    else:
        captures(*sys.argv[2:])
