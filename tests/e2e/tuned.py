"""What servers of the tests know of the networks' speed on this machine before they start.

To measure takes half a minute of a processor for each size of frames, and the engines that are tried besides are
imported for it: no test of pages or faults waits for that. Measuring itself is tested by jobs/test_chain.py and
networks/test_tune.py, and in a whole server by e2e/test_first_clip.py, whose clip has a size of its own.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from upscaler.pipeline.networks import tune
from upscaler.pipeline.networks.backend import WINOGRAD
from upscaler.pipeline.networks.builtin import BUILTIN, DEFAULT
from upscaler.pipeline.networks.speed_cache import Tuned, read, write
from upscaler.pipeline.networks.winograd import native

SIZES = ((64, 48), (128, 96), (160, 120), (192, 108), (256, 192), (320, 240))
"""Of the clips of the tests."""
SECONDS_A_PIXEL = 3e-6
"""About what one core takes."""


def _shared() -> Path | None:
    """Goes with the folder that script/test makes for one run; there is none where somebody runs pytest themselves."""
    folder = os.environ.get("HALOWEB_DATA")
    return Path(folder) / "tuned.json" if folder else None


@cache
def _given() -> dict[str, Tuned]:
    """The shipped network has the engine that every processor with wide vectors has; others measure."""
    if native.this_target() is None:
        return {}
    weights = BUILTIN[DEFAULT]
    return {
        tune._key(weights, "auto", size): Tuned(
            WINOGRAD, "cpu", "fp32", SECONDS_A_PIXEL * size[0] * size[1], weights=weights.sha256, size=size
        )
        for size in SIZES
    }


def bring(data: Path) -> None:
    """Into the data folder of a server that is about to start: what is given, and what others have measured."""
    for key, found in (_given() | read(_shared())).items():
        write(data / "tuned.json", key, found)


def keep(data: Path) -> None:
    """For those that come after one that has stopped."""
    shared = _shared()
    if shared is None:
        return
    for key, found in read(data / "tuned.json").items():
        if key not in read(shared):
            write(shared, key, found)
