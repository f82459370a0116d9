"""Reads, stores and deletes files of media storage by their keys, and records artifacts."""

from __future__ import annotations

import contextlib
import logging
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from upscaler.media.disk import local_path, sync_to_disk
from upscaler.media.medium import medium
from upscaler.media.stored import ProgressCallback, StorageTrouble
from upscaler.models import Artifact, Job, Video
from upscaler.models.artifact import ArtifactKind
from upscaler.pipeline.core.errors import Stopped
from upscaler.pipeline.networks.weights import sha256_of

__all__ = [
    "artifact_publish",
    "artifacts_delete",
    "discard",
    "folder_delete",
    "free_bytes",
    "ids_of_folders",
    "keep",
    "local_path",
    "put",
    "reading_path",
    "scratch_folder",
    "source_path",
    "source_paths",
    "sync_to_disk",
    "working_path",
]

logger = logging.getLogger(__name__)


@contextlib.contextmanager
def source_path(key: str, on_progress: ProgressCallback | None = None) -> Iterator[Path]:
    """Open a local file with a key's bytes, the file itself or a copy, until the block ends.

    ``on_progress`` is called while a copy is made. Raises PipelineError if there is nothing to copy, or storage fails.
    """
    with medium().source(key, on_progress) as path:
        yield path


@contextlib.contextmanager
def source_paths(keys: Iterable[str], on_progress: ProgressCallback | None = None) -> Iterator[list[Path]]:
    """Open local files of several keys at once, in their order."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(source_path(key, on_progress)) for key in keys]


def reading_path(key: str) -> Path:
    """Return the path that ``source_path`` gives. It is valid within its block only."""
    return medium().reading_path(key)


def working_path(key: str) -> Path:
    """Return a path for a file that will get a key. ``keep`` or ``discard`` it afterwards."""
    return medium().working_path(key)


def keep(key: str, on_progress: ProgressCallback | None = None) -> None:
    """Store the file at the working path of a key, safe from a power cut."""
    put(working_path(key), key, on_progress)


def put(file: Path, key: str, on_progress: ProgressCallback | None = None) -> None:
    """Move a finished file to its key. Raises PipelineError if storage fails."""
    medium().put(file, key, on_progress)


def discard(key: str) -> None:
    """Delete the file of a key. A failure is only logged: the folder is deleted with its job."""
    try:
        medium().delete(key)
    except StorageTrouble as error:
        logger.warning("Can't delete %s: %s", key, error.detail)
    except OSError as error:
        logger.warning("Can't delete %s: %s", key, error)


def scratch_folder(name: str) -> Path:
    """Create an empty folder for unfinished work."""
    folder = Path(settings.SCRATCH) / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def artifact_publish(
    *,
    of: Video | Job,
    kind: ArtifactKind,
    file: Path,
    name: str,
    size: tuple[int, int] = (0, 0),
    frame: int | None = None,
) -> Artifact:
    """Store a finished file, and create its row. ``name`` distinguishes it from others of its kind.

    The row comes last: a file without one doesn't exist for anyone. One of the same name is replaced.
    Raises Stopped if the video or the job was deleted in the meantime; the file is then deleted, too.
    """
    folder = of.folder if isinstance(of, Job) else f"videos/{of.pk}"
    key = f"{folder}/{name}"
    digest, bytes_in_all = sha256_of(file), file.stat().st_size
    put(file, key)
    try:
        with transaction.atomic():
            Artifact.objects.filter(key=key).delete()
            return Artifact.objects.create(
                job=of if isinstance(of, Job) else None,
                video=of if isinstance(of, Video) else None,
                kind=kind,
                key=key,
                size=bytes_in_all,
                sha256=digest,
                width=size[0],
                height=size[1],
                frame=frame,
            )
    except IntegrityError as error:
        discard(key)
        raise Stopped("The video or job of this file was deleted.") from error


def artifacts_delete(artifacts: list[Artifact]) -> None:
    """Delete rows, then files, so that no row refers to a missing file."""
    Artifact.objects.filter(pk__in=[artifact.pk for artifact in artifacts]).delete()
    for artifact in artifacts:
        medium().delete(artifact.key)


def folder_delete(prefix: str) -> None:
    """Delete everything under a prefix."""
    medium().delete_folder(prefix)


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
    return medium().free_bytes()
