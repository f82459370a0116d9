"""Start of the download process, and the reading of its answers."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from upscaler.pipeline.core.errors import PipelineError, Refused
from upscaler.pipeline.programs.process import Process

from . import addresses
from .local_networks import Network

CHILD = "upscaler.pipeline.fetch.child"
MEMORY_BYTES = 1024**3
"""Address space."""
MAX_SECONDS = 6 * 3600.0
POLL_SECONDS = 0.5
ENDED = "The download process ended before the video was complete. Try again."

ProgressCallback = Callable[[int, int | None], None]
"""Called with the bytes downloaded so far, and the total if it is known. An exception in it cancels the download."""


@dataclass(frozen=True)
class Fetched:
    """The downloaded file, and its title on the site."""

    file: Path
    title: str


def is_installed() -> bool:
    """Tell whether yt-dlp is installed."""
    return find_spec("yt_dlp") is not None


def fetch(
    address: str,
    folder: Path,
    *,
    max_bytes: int,
    stall_seconds: float,
    report: ProgressCallback,
    barred: Sequence[Network] = (),
    allows: addresses.Allows = addresses.is_public,
    child: str = CHILD,
) -> Fetched:
    """Download the single video at a URL into an empty folder. Raises Refused with the reason, for a person.

    ``barred`` are public networks that are refused too. ``child`` is the module of the process, which checks every
    connection itself; ``allows`` is for the first check only.
    """
    addresses.check(address, allows, barred)
    parameters = {"address": address, "folder": str(folder), "max_bytes": max_bytes, "barred": [*map(str, barred)]}
    request = json.dumps(parameters) + "\n"
    command = [sys.executable, "-s", "-m", child]
    deadline, last_answer = time.monotonic() + MAX_SECONDS, time.monotonic()
    with Process(
        command, stall_seconds=stall_seconds, label="The download", takes_input=True, memory_bytes=MEMORY_BYTES
    ) as process:
        process.write(memoryview(request.encode()))
        progress: tuple[int, int | None] = (0, None)
        while time.monotonic() < deadline and time.monotonic() - last_answer < stall_seconds:
            report(*progress)
            line = process.read_line(POLL_SECONDS)
            if line is None:
                continue
            if not line:
                raise PipelineError(ENDED, permanent=False, detail=process.tail)
            last_answer = time.monotonic()
            answer = json.loads(line)
            if answer["kind"] == "failed":
                raise Refused(answer["error"], detail=answer["detail"])
            if answer["kind"] == "done":
                return Fetched(folder / answer["file"], answer["title"])
            progress = (answer["bytes"], answer["total"])
    raise Refused("The site sent nothing for a long time, so the download was cancelled. Try again later.")
