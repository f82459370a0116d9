"""What is asked of a place for media, and which place this server has."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from django.core.files.storage import FileSystemStorage, default_storage

from upscaler.media.disk import Disk
from upscaler.media.stored import StoredObject, Tell


class Medium(Protocol):
    """Keys are ours: "videos/ID/original". All of it may raise StorageTrouble where media is not on this machine."""

    def source(self, key: str, tell: Tell | None = None) -> AbstractContextManager[Path]:
        """A file of this machine with the key's bytes, which is there and stays until the block ends."""

    def reading_path(self, key: str) -> Path:
        """Where ``source`` has the bytes; outside of its block they need not be there."""

    def working_path(self, key: str) -> Path:
        """Where to write what will get the key; its folder is there."""

    def put(self, file: Path, key: str, tell: Tell | None = None) -> None:
        """Give a finished file its key, safe from a power cut. It is not at its old path any more."""

    def content(self, key: str) -> Path | StoredObject | None:
        """What to give out under the key; None if there is nothing."""

    def modified_at(self, key: str) -> float | None:
        """When what lies there came there, in seconds since 1970; None if there is nothing."""

    def delete(self, key: str) -> None:
        """What lies or is being written there. Nothing there is fine."""

    def delete_folder(self, prefix: str) -> None:
        """Everything under a prefix, which has no slash at its end."""

    def free_bytes(self) -> int:
        """Room for what people bring and for what is made of it."""

    def gathering_path(self, key: str) -> Path:
        """Where the bytes of an upload gather under its key, on this machine; its folder is there."""

    def send(self, gathered: str, key: str) -> None:
        """Bring what has gathered to its place, if that takes time. May be called again, and by several at once."""

    def settle(self, gathered: str, key: str) -> None:
        """The rest of it, within a transaction. May be called again, but not by several at once."""


DISK = Disk()


def medium() -> Medium:
    """The place that the settings name."""
    if isinstance(default_storage, FileSystemStorage):
        return DISK
    from upscaler.media.objects import Objects

    return Objects()
