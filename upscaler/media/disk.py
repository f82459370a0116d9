"""Media on the file system of this machine, or one that it has mounted."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage

from upscaler.media.stored import Gone, ProgressCallback


def local_path(key: str) -> Path:
    """Return the path of a key on this machine, whose folder is created."""
    path = Path(default_storage.path(key))
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def sync_to_disk(path: Path) -> None:
    """Write a file and its folder entry to the disk, so that it survives a power cut before a row refers to it."""
    for entry in (path, path.parent):
        descriptor = os.open(entry, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class Disk:
    """Media on the file system: no copies, and moves are renames."""

    @contextlib.contextmanager
    def source(self, key: str, on_progress: ProgressCallback | None = None) -> Iterator[Path]:
        path = self.reading_path(key)
        if not path.exists():
            raise Gone(key, "on the disk")
        yield path

    def reading_path(self, key: str) -> Path:
        return Path(default_storage.path(key))

    def working_path(self, key: str) -> Path:
        return local_path(key)

    def store(self, file: Path, key: str, on_progress: ProgressCallback | None = None) -> None:
        target = local_path(key)
        sync_to_disk(file)
        if file != target:
            _move(file, target)

    def content(self, key: str) -> Path | None:
        return self.reading_path(key) if default_storage.exists(key) else None

    def modified_at(self, key: str) -> float | None:
        try:
            stat = self.reading_path(key).stat()
        except FileNotFoundError:
            return None
        return max(
            stat.st_mtime, stat.st_ctime
        )  # ctime: a hard link to an old file is new here, and so is a renamed file

    def delete(self, key: str) -> None:
        default_storage.delete(key)

    def delete_folder(self, prefix: str) -> None:
        shutil.rmtree(default_storage.path(prefix), ignore_errors=True)

    def free_bytes(self) -> int:
        folder = Path(settings.MEDIA_ROOT)
        folder.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(folder).free

    def incoming_path(self, key: str) -> Path:
        return local_path(key)

    def send(self, incoming: str, key: str) -> None:
        """A rename takes no time."""

    def finalize(self, incoming: str, key: str) -> None:
        source, target = self.reading_path(incoming), local_path(key)
        if source.exists() or not target.exists():
            _move(source, target)


def _move(file: Path, target: Path) -> None:
    """Rename a file; across file systems copy it, and rename the copy once it is whole."""
    try:
        file.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        part = target.with_name(f"{target.name}.part")
        shutil.copyfile(file, part)
        sync_to_disk(part)
        part.replace(target)
        file.unlink()
