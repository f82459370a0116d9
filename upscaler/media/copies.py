"""Local copies of objects: made once, shared by the processes of a machine, and the oldest deleted beyond a limit.

A shared lock on a copy (flock) says that it is in use, an exclusive one that it is being made or deleted. The kernel
frees the locks of a process that dies. A copy's time of change is its object's, its time of access when it was wanted.
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

from upscaler.media.stored import Gone, StoredObject, Tell

if TYPE_CHECKING:
    from upscaler.media.s3 import ObjectStorage

PART = ".part"
POLL_SECONDS = 0.2


def path_of(key: str) -> Path:
    """Where the copy of an object is, or would be."""
    return _folder() / key


@contextlib.contextmanager
def copy_of(key: str, storage: ObjectStorage, tell: Tell | None) -> Iterator[Path]:
    """A file with the object's bytes that nobody deletes during the block. Raises Gone or StorageTrouble."""
    stored = storage.look(key)
    if stored is None:
        raise Gone(key)
    held = None
    while held is None:
        held = _hold(path_of(key), stored)
        if held is None:
            held = _fetch(stored, storage, tell)
    try:
        yield path_of(key)
    finally:
        os.close(held)
        make_room(0)


def make_room(size: int) -> None:
    """Delete what was not wanted for longest, until so many bytes more are within the limit. What is in use stays."""
    files = sorted(_files(_folder()), key=lambda one: one[1].st_atime_ns)
    beyond = sum(facts.st_size for _, facts in files) + size - settings.ENVIRONMENT.scratch_bytes
    for path, facts in files:
        if beyond <= 0:
            return
        if _delete_unused(path):
            beyond -= facts.st_size


def forget(prefix: str) -> None:
    """Delete the copies of a key, or of all keys of a folder, but for those in use."""
    for path in (path_of(prefix), *(path for path, _ in _files(path_of(prefix)))):
        _delete_unused(path)


def is_at(descriptor: int, path: Path) -> bool:
    """Is the open file still the one of this name?"""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _hold(path: Path, stored: StoredObject) -> int | None:
    """A descriptor that keeps the copy from being deleted until it is closed; None if there is no such copy."""
    try:
        held = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    fcntl.flock(held, fcntl.LOCK_SH)
    facts = os.fstat(held)
    if is_at(held, path) and (facts.st_size, int(facts.st_mtime)) == (stored.size, stored.modified):
        os.utime(held, ns=(time.time_ns(), facts.st_mtime_ns))
        return held
    os.close(held)
    return None


def _fetch(stored: StoredObject, storage: ObjectStorage, tell: Tell | None) -> int | None:
    """Make the copy and hold it; None if another made it while we waited."""
    path = path_of(stored.key)
    part = path.with_name(path.name + PART)
    part.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError), os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        while not _locked(file.fileno()):
            time.sleep(POLL_SECONDS)
            if tell is not None:
                tell(0)
        if not is_at(file.fileno(), part):
            return None
        file.truncate(0)
        make_room(stored.size)
        storage.fetch(stored, file, tell)
        os.fsync(file.fileno())
        os.utime(file.fileno(), (time.time(), stored.modified))
        part.replace(path)
        fcntl.flock(file, fcntl.LOCK_SH)
        return os.dup(file.fileno()) if is_at(file.fileno(), path) else None
    return None


def _delete_unused(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:  # gone in the meantime, or not ours
        return False
    try:
        if not _locked(descriptor) or not is_at(descriptor, path):
            return False
        path.unlink()
        with contextlib.suppress(OSError):  # others are in it
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
            with contextlib.suppress(FileNotFoundError):  # another process deletes, too
                yield path, path.lstat()


def _folder() -> Path:
    return Path(settings.SCRATCH) / "copies"
