"""Makes a dataset in a server's database: ``python -m tests.e2e.dataset OWNER FRAMES CAPTURE...``, the last held out.

Its captures count as analysed, with their first frames included, so that no test waits for a harvest.
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
    command = [sys.executable, "-m", "tests.e2e.dataset", owner, str(frames), *map(str, captures)]
    subprocess.run(command, cwd=ROOT, env=server.environment, check=True)


def main(owner: str, frames: int, paths: Sequence[Path]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "haloweb.settings")
    import django

    django.setup()
    from tests import factories
    from upscaler.models import CaptureSplit, CaptureState, Frame, User
    from upscaler.pipeline.core.limits import Limits
    from upscaler.selectors.datasets import facts_of
    from upscaler.training.captures.probe import probe_capture

    dataset = factories.make_dataset(User.objects.get(username=owner), name="Chill Out", game="ce")
    for path in paths:
        measured = probe_capture(path, Limits(), capture_id=path.stem)
        capture = factories.make_capture(
            dataset,
            title=path.stem,
            map=path.stem,
            original_name=path.name,
            state=CaptureState.READY,
            facts_json=facts_of(measured),
            split=CaptureSplit.HELD_OUT if path == paths[-1] else CaptureSplit.TRAINING,
            size=path.stat().st_size,
            frames_kept=frames,
        )
        factories.store(capture.key, path.read_bytes())
        measures = {"burst": 0, "scene": 0, "sharpness": 90.0, "brightness": 100.0, "kept": True}
        Frame.objects.bulk_create(
            Frame(capture=capture, number=number, hash=number, **measures) for number in range(frames)
        )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), [Path(argument) for argument in sys.argv[3:]])
