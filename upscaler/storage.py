"""Files under keys in media storage: read, written safely, hashed, recorded as artifacts, removed."""

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
from upscaler.media.stored import StorageTrouble, Tell
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
def source_path(key: str, tell: Tell | None = None) -> Iterator[Path]:
    """Where a key's bytes can be read on this machine, until the block ends: the file itself, or a copy.

    ``tell`` is called while a copy is made. Raises PipelineError when there is nothing to copy, or no way to.
    """
    with medium().source(key, tell) as path:
        yield path


@contextlib.contextmanager
def source_paths(keys: Iterable[str], tell: Tell | None = None) -> Iterator[list[Path]]:
    """The same for several at once, in their order."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(source_path(key, tell)) for key in keys]


def reading_path(key: str) -> Path:
    """What ``source_path`` gives, for whoever can't be handed it; good within its block only."""
    return medium().reading_path(key)


def working_path(key: str) -> Path:
    """Where to write what will get a key; ``keep`` it, or ``discard`` it."""
    return medium().working_path(key)


def keep(key: str, tell: Tell | None = None) -> None:
    """What was written to the working path of a key is true from now on, and survives a power cut."""
    put(working_path(key), key, tell)


def put(file: Path, key: str, tell: Tell | None = None) -> None:
    """Give a finished file its key; it is not where it was any more. Raises PipelineError when that can't be."""
    medium().put(file, key, tell)


def discard(key: str) -> None:
    """Nobody wants what was written for a key. Trouble is no more than logged: its folder goes with the job's end."""
    try:
        medium().delete(key)
    except StorageTrouble as error:
        logger.warning("%s was not deleted: %s", key, error.detail)
    except OSError as error:
        logger.warning("%s was not deleted: %s", key, error)


def scratch_folder(name: str) -> Path:
    """An empty folder for work that is not finished."""
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
    """Give a finished file its place and its row. ``name`` tells it from others of its kind.

    The row comes last: what has none does not exist for anyone. One of the same name is replaced.
    Raises Stopped when the video or the job was deleted in the meantime; the file is then gone too.
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
        raise Stopped("What this file belongs to was deleted.") from error


def artifacts_delete(artifacts: list[Artifact]) -> None:
    """Rows first, then files: no row ever points at nothing."""
    Artifact.objects.filter(pk__in=[artifact.pk for artifact in artifacts]).delete()
    for artifact in artifacts:
        medium().delete(artifact.key)


def folder_delete(prefix: str) -> None:
    """Everything under a prefix of ours."""
    medium().delete_folder(prefix)


def ids_of_folders(prefix: str) -> Iterator[UUID]:
    """Of the folders directly under a prefix that are called by an id. All others are somebody else's, such as
    "lost+found" or what a NAS puts into every folder."""
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
    """Room left where media lies, or where it is worked on."""
    return medium().free_bytes()
