"""Finished files of videos and jobs, with their rows."""

from __future__ import annotations

from pathlib import Path

from django.db import IntegrityError, transaction

from upscaler.media.files import delete_file, store_file
from upscaler.media.media_store import media_store
from upscaler.models import Artifact, Job, Video
from upscaler.models.artifact import ArtifactKind
from upscaler.pipeline.core.errors import Stopped
from upscaler.pipeline.networks.weights import sha256_of


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
    digest, size_in_bytes = sha256_of(file), file.stat().st_size
    store_file(file, key)
    try:
        with transaction.atomic():
            Artifact.objects.filter(key=key).delete()
            return Artifact.objects.create(
                job=of if isinstance(of, Job) else None,
                video=of if isinstance(of, Video) else None,
                kind=kind,
                key=key,
                size=size_in_bytes,
                sha256=digest,
                width=size[0],
                height=size[1],
                frame=frame,
            )
    except IntegrityError as error:
        delete_file(key)
        raise Stopped("The video or job of this file was deleted.") from error


def artifacts_delete(artifacts: list[Artifact]) -> None:
    """Delete rows, then files, so that no row refers to a missing file."""
    Artifact.objects.filter(pk__in=[artifact.pk for artifact in artifacts]).delete()
    for artifact in artifacts:
        media_store().delete(artifact.key)
