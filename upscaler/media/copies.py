"""Local copies of objects: made once, shared by the processes of a machine, and deleted by age beyond a limit.

A shared lock on a copy (flock) means that it is in use, an exclusive one that it is being made or deleted. The kernel
frees the locks of a process that dies. A copy's mtime is that of its object, its atime that of its last use.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from upscaler.media.stored import Gone, ProgressCallback, StoredObject

if TYPE_CHECKING:
    from upscaler.media.s3 import ObjectStorage

PART = ".part"
POLL_SECONDS = 0.2


def path_of(key: str) -> Path:
    """Return the path of an object's copy, whether or not it exists."""
    return _folder() / key


@contextlib.contextmanager
def copy_of(key: str, storage: ObjectStorage, on_progress: ProgressCallback | None) -> Iterator[Path]:
    """Yield a file with the object's bytes, which isn't deleted during the block. Raises Gone or StorageTrouble."""
    stored = storage.head(key)
    if stored is None:
        raise Gone(key)
    descriptor = None
    while descriptor is None:
        descriptor = _hold(path_of(key), stored)
        if descriptor is None:
            descriptor = _download(stored, storage, on_progress)
    try:
        yield path_of(key)
    finally:
        os.close(descriptor)
        free_space(0)


def free_space(size: int) -> None:
    """Delete the least recently used copies until ``size`` more bytes fit into the limit. Copies in use stay."""
    files = sorted(_files(_folder()), key=lambda file: file[1].st_atime_ns)
    excess = sum(stat.st_size for _, stat in files) + size - settings.ENVIRONMENT.scratch_bytes
    for path, stat in files:
        if excess <= 0:
            return
        if _delete_unused(path):
            excess -= stat.st_size


def delete_copies(prefix: str) -> None:
    """Delete the copies of a key, or of all keys of a folder, except those in use."""
    for path in (path_of(prefix), *(path for path, _ in _files(path_of(prefix)))):
        _delete_unused(path)


def is_at(descriptor: int, path: Path) -> bool:
    """Is the open file still the one at this path?"""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _hold(path: Path, stored: StoredObject) -> int | None:
    """Return a descriptor that keeps the copy from being deleted until it is closed; None if there is no such copy."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    stat = os.fstat(descriptor)
    if is_at(descriptor, path) and (stat.st_size, int(stat.st_mtime)) == (stored.size, stored.modified):
        os.utime(descriptor, ns=(time.time_ns(), stat.st_mtime_ns))
        return descriptor
    os.close(descriptor)
    return None


def _download(stored: StoredObject, storage: ObjectStorage, on_progress: ProgressCallback | None) -> int | None:
    """Make the copy and hold it; None if another process made it meanwhile."""
    path = path_of(stored.key)
    part = path.with_name(path.name + PART)
    part.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError), os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        while not _locked(file.fileno()):
            time.sleep(POLL_SECONDS)
            if on_progress is not None:
                on_progress(0)
        if not is_at(file.fileno(), part):
            return None
        file.truncate(0)
        free_space(stored.size)
        storage.download(stored, file, on_progress)
        os.fsync(file.fileno())
        os.utime(file.fileno(), (time.time(), stored.modified))
        part.replace(path)
        fcntl.flock(file, fcntl.LOCK_SH)
        return os.dup(file.fileno()) if is_at(file.fileno(), path) else None
    return None


def _delete_unused(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:  # deleted in the meantime, or not readable
        return False
    try:
        if not _locked(descriptor) or not is_at(descriptor, path):
            return False
        path.unlink()
        with contextlib.suppress(OSError):  # it has other files
            path.parent.rmdir()
        return True
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            with contextlib.suppress(FileNotFoundError):  # deleted by another process
                yield path, path.lstat()


def _folder() -> Path:
    return Path(settings.SCRATCH) / "copies"
