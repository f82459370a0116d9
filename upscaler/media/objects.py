"""Media in object storage: read from local copies, and written locally first."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.core.files.storage import default_storage

from upscaler.media import copies
from upscaler.media.stored import Gone, ProgressCallback, StoredObject

if TYPE_CHECKING:
    from upscaler.media.s3 import ObjectStorage

LEFT_SECONDS = 2 * 24 * 3600.0
"""The age after which an unfinished file counts as left behind by a dead worker: no task takes a day."""


class Objects:
    """A bucket that several machines share, each with a scratch folder of its own."""

    def source(self, key: str, on_progress: ProgressCallback | None = None) -> AbstractContextManager[Path]:
        return copies.copy_of(key, _storage(), on_progress)

    def reading_path(self, key: str) -> Path:
        return copies.path_of(key)

    def working_path(self, key: str) -> Path:
        _sweep(_scratch("out"))
        return _made(_scratch("out") / key)

    def store(self, file: Path, key: str, on_progress: ProgressCallback | None = None) -> None:
        _storage().upload(file, key, on_progress)
        file.unlink()

    def content(self, key: str) -> StoredObject | None:
        return _storage().head(key)

    def modified_at(self, key: str) -> float | None:
        stored = _storage().head(key)
        return None if stored is None else float(stored.modified)

    def delete(self, key: str) -> None:
        (_scratch("out") / key).unlink(missing_ok=True)
        copies.delete_copies(key)
        _storage().delete(key)

    def delete_folder(self, prefix: str) -> None:
        shutil.rmtree(_scratch("out") / prefix, ignore_errors=True)
        copies.delete_copies(prefix)
        _storage().delete_folder(prefix)

    def free_bytes(self) -> int:
        folder = _scratch()
        folder.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(folder).free

    def incoming_path(self, key: str) -> Path:
        return _made(_scratch() / key)

    def send(self, incoming: str, key: str) -> None:
        path, storage = self.incoming_path(incoming), _storage()
        try:
            file = path.open("rb")
        except FileNotFoundError:
            if storage.head(key) is None:
                raise Gone(key) from None
            return  # it was sent before
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            stored = storage.head(key)
            is_sent = stored is not None and stored.size == os.fstat(file.fileno()).st_size
            if not is_sent and copies.is_at(file.fileno(), path):
                storage.upload(path, key)

    def finalize(self, incoming: str, key: str) -> None:
        """Do nothing: the bytes were sent before the transaction."""


def _storage() -> ObjectStorage:
    return cast("ObjectStorage", default_storage)


def _scratch(name: str = "") -> Path:
    return Path(settings.SCRATCH) / name


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _sweep(folder: Path) -> None:
    for parent, _, names in os.walk(folder, topdown=False):
        for path in [Path(parent, name) for name in names] + [Path(parent)]:
            with contextlib.suppress(OSError):  # deleted in the meantime, or a folder that is not empty
                if time.time() - path.stat().st_mtime > LEFT_SECONDS:
                    path.rmdir() if path.is_dir() else path.unlink()
