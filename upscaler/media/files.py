"""Reads, stores and deletes files of media storage by their keys, and makes scratch folders."""

from __future__ import annotations

import contextlib
import logging
import shutil
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage

from upscaler.media.media_store import media_store
from upscaler.media.stored import ProgressCallback, StorageTrouble

logger = logging.getLogger(__name__)


class Scratch(StrEnum):
    """Scratch folders, by the first word of their names. The id of a row follows, except for INSTALLATION."""

    FINISHING = "finish"
    COMPARISON = "stills"
    ANALYSIS = "analysis"
    POSTER = "poster"
    """Written by versions before 0.3."""
    VIDEO_COPIES = "proxy"
    JOINING = "join"
    MATCHING = "pair"
    URL_IMPORT = "fetch"
    MODEL_CHECK = "weights"
    LIVE_PREVIEW = "pairs"
    POST = "post"
    TRAINING = "train"
    SAMPLES = "samples"
    CAPTURE = "capture"
    LEAKS = "leaks"
    EXPORT = "export"
    INSTALLATION = "installation"


@contextlib.contextmanager
def source_path(key: str, on_progress: ProgressCallback | None = None) -> Iterator[Path]:
    """Open a local file with a key's bytes, the file itself or a copy, until the block ends.

    ``on_progress`` is called while a copy is made. Raises PipelineError if there is nothing to copy, or storage fails.
    """
    with media_store().source(key, on_progress) as path:
        yield path


@contextlib.contextmanager
def source_paths(keys: Iterable[str], on_progress: ProgressCallback | None = None) -> Iterator[list[Path]]:
    """Open local files of several keys at once, in their order."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(source_path(key, on_progress)) for key in keys]


def reading_path(key: str) -> Path:
    """Return the path that ``source_path`` gives. It is valid within its block only."""
    return media_store().reading_path(key)


def working_path(key: str) -> Path:
    """Return a path for a file that will get a key. ``commit_file`` or ``delete_file`` it afterwards."""
    return media_store().working_path(key)


def commit_file(key: str, on_progress: ProgressCallback | None = None) -> None:
    """Store the file at the working path of a key, safe from a power cut."""
    store_file(working_path(key), key, on_progress)


def store_file(file: Path, key: str, on_progress: ProgressCallback | None = None) -> None:
    """Move a finished file to its key. Raises PipelineError if storage fails."""
    media_store().store(file, key, on_progress)


def delete_file(key: str) -> None:
    """Delete the file of a key. A failure is only logged: the folder is deleted with its job."""
    try:
        media_store().delete(key)
    except StorageTrouble as error:
        logger.warning("Can't delete %s: %s", key, error.detail)
    except OSError as error:
        logger.warning("Can't delete %s: %s", key, error)


def scratch_path(kind: Scratch, subject: UUID | str = "") -> Path:
    """Return the path of a scratch folder, which may not exist. ``subject`` is the id of the row that it is for."""
    return Path(settings.SCRATCH) / (f"{kind}-{subject}" if subject else kind)


def scratch_folder(kind: Scratch, subject: UUID | str = "") -> Path:
    """Create an empty folder for unfinished work."""
    folder = scratch_path(kind, subject)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def folder_delete(prefix: str) -> None:
    """Delete everything under a prefix."""
    media_store().delete_folder(prefix)


def ids_of_folders(prefix: str) -> Iterator[UUID]:
    """Yield the ids that name folders directly under a prefix. Other folders are not HaloWeb's, such as "lost+found" or
    those that a NAS adds."""
    try:
        names = default_storage.listdir(prefix)[0]
    except FileNotFoundError:
        return
    for name in names:
        try:
            id = UUID(name)
        except ValueError:
            continue
        if str(id) == name:
            yield id


def free_bytes() -> int:
    """Return the free space of media storage, or of the scratch folder for object storage."""
    return media_store().free_bytes()
