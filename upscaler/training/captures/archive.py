"""Unpack an archive of pictures (.zip, .tar, .tar.gz, .tar.xz, .tar.bz2) into a folder."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from upscaler.pipeline.core.errors import PipelineError, Refused
from upscaler.pipeline.programs.process import Process

from .archive_child import FULL, UNREADABLE, Bounds

CHILD = "upscaler.training.captures.archive_child"
SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2")
OTHER_SUFFIXES = (".7z", ".rar", ".zst", ".lzh", ".ace")
BOUNDS = Bounds(
    entries=400_000, pictures=200_000, picture_bytes=256 * 1024**2, total_bytes=1024**4, ratio=200
)  # fmt: skip
"""The public datasets of 87,000 pictures fit. Pictures hardly compress; a BMP of a dark scene does, 100 times at most.
DEFLATE reaches 1,032 times."""
MEMORY_BYTES, CPU_SECONDS = 4 * 1024**3, 6 * 3600
"""Address space of the process, which holds the list of files of a .zip; and its processor time."""
SILENT_SECONDS = 600.0
"""The process reports every 50 pictures."""


def is_archive(path: Path) -> bool:
    return path.name.lower().endswith(SUFFIXES)


def unpack_pictures(
    archive: Path, folder: Path, *, bounds: Bounds = BOUNDS, on_progress: Callable[[int], None] = lambda _: None
) -> int:
    """Write the pictures of an archive into a new folder and return their number. Other files are left out.

    ``folder`` appears when all are there. ``on_progress`` gets the number of pictures so far, and may raise to cancel.
    Raises Refused with the reason for an archive that is damaged, protected, too large, or has links or paths that
    lead out of it.
    """
    if archive.name.lower().endswith(OTHER_SUFFIXES):
        raise Refused("HaloWeb unpacks .zip and .tar archives. Unpack this one yourself, and use the folder.")
    if folder.exists():
        raise Refused(f"The folder {folder.name} exists. Delete it, or choose another name.")
    draft = folder.with_name(f"{folder.name}.unpacking")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        count = _run({"source": str(archive), "target": str(draft), "bounds": asdict(bounds)}, on_progress)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return count


def _run(request: dict[str, Any], on_progress: Callable[[int], None]) -> int:
    with Process(
        [sys.executable, "-m", CHILD],
        stall_seconds=SILENT_SECONDS,
        label="The unpacking",
        takes_input=True,
        memory_bytes=MEMORY_BYTES,
        cpu_seconds=CPU_SECONDS,
    ) as process:
        process.write(memoryview(json.dumps(request).encode() + b"\n"))
        while line := process.read_line(SILENT_SECONDS):
            answer = json.loads(line)
            if "refused" in answer:
                if answer["refused"] == FULL:
                    raise PipelineError(FULL, permanent=False)
                raise Refused(answer["refused"], detail=answer.get("detail", ""))
            if "done" in answer:
                return int(answer["done"])
            on_progress(int(answer["pictures"]))
        raise Refused(UNREADABLE, detail=process.tail)
