"""Write files of a dataset so that a crash leaves the old or the new one, never a part; and digests of captures."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from upscaler.pipeline.core.errors import PipelineError
from upscaler.training.captures.picture_files import picture_files

FULL = "The disk is full. Free some space, then retry: the dataset is as it was before."
BLOCK = 4 * 1024**2


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file. Raises PipelineError where the disk is full."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    with disk_full_said():
        try:
            with draft.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


@contextlib.contextmanager
def disk_full_said() -> Iterator[None]:
    """Turn the error of a full disk into a PipelineError that says so."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise PipelineError(FULL, permanent=False, detail=str(error)) from error
        raise


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a dataset, which one process at a time has."""
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def digest(path: Path, on_progress: Callable[[], None] = lambda: None) -> tuple[str, int]:
    """Return the SHA-256 and the bytes of a file, or of a folder's pictures with their names, in natural order."""
    total = hashlib.sha256()
    size = 0
    for file in picture_files(path) if path.is_dir() else [path]:
        if path.is_dir():
            total.update(os.fsencode(file.relative_to(path)) + b"\0" + file.stat().st_size.to_bytes(8, "little"))
        with file.open("rb") as opened:
            while block := opened.read(BLOCK):
                total.update(block)
                size += len(block)
                on_progress()
    return total.hexdigest(), size
