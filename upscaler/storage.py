"""Files under keys in media storage: written safely, hashed, recorded as artifacts, removed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from upscaler.models import Artifact, Job, Video
from upscaler.models.artifact import ArtifactKind
from upscaler.pipeline.errors import Stopped
from upscaler.pipeline.networks.weights import sha256_of


def local_path(key: str) -> Path:
    """Where a key lies on this machine, its folder made."""
    path = Path(default_storage.path(key))
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def scratch_folder(name: str) -> Path:
    """An empty folder for work that is not finished."""
    folder = Path(settings.SCRATCH) / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def sync_to_disk(path: Path) -> None:
    """Make sure that a file survives a power cut before a row says that it is there."""
    for each in (path, path.parent):
        descriptor = os.open(each, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


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
    target = local_path(key)
    digest = sha256_of(file)
    sync_to_disk(file)
    if file != target:
        shutil.move(file, target)
    try:
        with transaction.atomic():
            Artifact.objects.filter(key=key).delete()
            return Artifact.objects.create(
                job=of if isinstance(of, Job) else None,
                video=of if isinstance(of, Video) else None,
                kind=kind,
                key=key,
                size=target.stat().st_size,
                sha256=digest,
                width=size[0],
                height=size[1],
                frame=frame,
            )
    except IntegrityError as error:
        target.unlink(missing_ok=True)
        raise Stopped("What this file belongs to was deleted.") from error


def artifacts_delete(artifacts: list[Artifact]) -> None:
    """Rows first, then files: no row ever points at nothing."""
    Artifact.objects.filter(pk__in=[artifact.pk for artifact in artifacts]).delete()
    for artifact in artifacts:
        default_storage.delete(artifact.key)


def folder_delete(prefix: str) -> None:
    """Everything under a prefix of ours."""
    shutil.rmtree(default_storage.path(prefix), ignore_errors=True)


def free_bytes() -> int:
    """Room left where media lies."""
    folder = Path(settings.MEDIA_ROOT)
    folder.mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(folder).free
