"""A finished upload becomes a video or a set of weights."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import assert_never
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction

from upscaler.jobs import enqueue
from upscaler.models import ModelState, Upload, UploadPurpose, UpscaleModel, Video, VideoState
from upscaler.storage import local_path


def arrive(upload: Upload) -> UUID:
    """Give the bytes their place, make the row, ring the bell; gives the new row's id.

    Safe to call again after a crash: the move comes before the row, to a place that follows from the
    upload's id, and is passed over if done.
    """
    with transaction.atomic():
        locked = Upload.objects.select_for_update().get(pk=upload.pk)
        if locked.result_id is not None:
            return locked.result_id
        purpose = UploadPurpose(locked.purpose)
        match purpose:
            case UploadPurpose.VIDEO:
                made = _video(locked)
            case UploadPurpose.WEIGHTS:
                made = _weights(locked)
            case _:
                assert_never(purpose)
        Upload.objects.filter(pk=locked.pk).update(result_id=made)
    return made


def title_of(name: str) -> str:
    """A first title from a file's name: no folder, no ending."""
    stem = PurePosixPath(PureWindowsPath(name).name).stem
    return " ".join(stem.replace("_", " ").split())[:200] or "Untitled"


def _video(upload: Upload) -> UUID:
    video = Video(
        id=upload.pk,
        owner=upload.owner,
        title=title_of(upload.name),
        original_name=upload.name,
        state=VideoState.PROBING,
        starts_job=upload.starts_job,
        size=upload.size,
    )
    _move(upload, video.key)
    video.save(force_insert=True)
    enqueue.ring_intake(video.pk)
    return video.pk


def _weights(upload: Upload) -> UUID:
    model = UpscaleModel(
        id=upload.pk,
        name=title_of(upload.name)[:120],
        original_name=upload.name,
        uploaded_by=upload.owner,
        state=ModelState.CHECKING,
        size=upload.size,
    )
    _move(upload, model.upload_key)
    model.save(force_insert=True)
    enqueue.ring_weights(model.pk)
    return model.pk


def _move(upload: Upload, key: str) -> None:
    source, target = Path(default_storage.path(upload.key)), local_path(key)
    if source.exists() or not target.exists():
        shutil.move(source, target)
