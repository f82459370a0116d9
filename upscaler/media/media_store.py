"""The interface of media storage, and the choice of this server's."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from django.core.files.storage import FileSystemStorage, default_storage

from upscaler.media.disk import Disk
from upscaler.media.stored import ProgressCallback, StoredObject


class MediaStore(Protocol):
    """Files by keys such as "videos/ID/original". Object storage may raise StorageTrouble in any method."""

    def source(self, key: str, on_progress: ProgressCallback | None = None) -> AbstractContextManager[Path]:
        """Open a local file with the key's bytes, which stays until the block ends."""

    def reading_path(self, key: str) -> Path:
        """Return the path that ``source`` gives; outside its block the file may be missing."""

    def working_path(self, key: str) -> Path:
        """Return a path for a file that will get the key. Its folder exists."""

    def store(self, file: Path, key: str, on_progress: ProgressCallback | None = None) -> None:
        """Store a finished file under its key, safe from a power cut. It is moved from its old path."""

    def content(self, key: str) -> Path | StoredObject | None:
        """Return what to serve for the key; None if there is nothing."""

    def modified_at(self, key: str) -> float | None:
        """Return when the key was stored, in seconds since 1970; None if there is nothing."""

    def delete(self, key: str) -> None:
        """Delete the key's file, and one that is being written for it. Both may be missing."""

    def delete_folder(self, prefix: str) -> None:
        """Delete everything under a prefix, which has no slash at its end."""

    def free_bytes(self) -> int:
        """Return the free space for uploads and results."""

    def incoming_path(self, key: str) -> Path:
        """Return the local path where the bytes of an upload are collected. Its folder exists."""

    def send(self, incoming: str, key: str) -> None:
        """Transfer a whole upload to its key, if that takes time. Safe to call again, and concurrently."""

    def finalize(self, incoming: str, key: str) -> None:
        """Finish the transfer within a transaction. Safe to call again, but not concurrently."""


DISK = Disk()


def media_store() -> MediaStore:
    """Return the media storage that the settings name."""
    if isinstance(default_storage, FileSystemStorage):
        return DISK
    from upscaler.media.objects import Objects

    return Objects()
