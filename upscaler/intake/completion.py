"""Completes an upload: makes it a video, a model or a capture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import assert_never
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from upscaler.jobs import queues
from upscaler.jobs.actions.captures import split_of_map
from upscaler.media.files import delete_file
from upscaler.media.media_store import media_store
from upscaler.models import Capture, ModelState, Upload, UploadPurpose, UpscaleModel, Video, VideoState
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.safe_text import one_line, printable

MAX_NAME_LENGTH = 255
DATASET_DELETED = "The dataset of this capture was deleted."


@dataclass(frozen=True)
class _Result:
    """The unsaved row that an upload becomes, the key of its bytes, and the task that follows."""

    row: Video | UpscaleModel | Capture
    key: str
    enqueue: Callable[[UUID], None]


def upload_complete(upload: Upload) -> UUID:
    """Store the bytes, create the row, enqueue its task, and return the new row's id.

    Safe to call again after a crash: the bytes come before the row, under a key that follows from the upload's id, and
    finished steps are skipped. Raises Upload.DoesNotExist if the upload was deleted in the meantime, and PipelineError
    if object storage refuses the bytes, which then stay for the next try, or if a capture's dataset was deleted.
    """
    result = _result(upload)
    try:
        upload.refresh_from_db(fields=["result_id"])
        if upload.result_id is None:
            media_store().send(upload.key, result.key)
        with transaction.atomic():
            locked = Upload.objects.select_for_update().get(pk=upload.pk)
            result_id = locked.result_id or _create(locked, result)
    except Upload.DoesNotExist:
        if not type(result.row)._default_manager.filter(pk=upload.pk).exists():
            delete_file(result.key)
        raise
    media_store().incoming_path(upload.key).unlink(missing_ok=True)
    return result_id


def is_in_place(upload: Upload) -> bool:
    """Has a whole upload been stored under its final key, though its row isn't created yet?"""
    return upload.offset == upload.size and media_store().content(_result(upload).key) is not None


def clean_name(name: str) -> str:
    """Return a file name that can be shown."""
    return printable(name)[-MAX_NAME_LENGTH:] or "untitled"


def title_of(name: str) -> str:
    """Return a title made from a file name, without folder and extension."""
    stem = PurePosixPath(PureWindowsPath(name).name).stem
    return one_line(stem.replace("_", " "))[:200] or "Untitled"


def _create(upload: Upload, result: _Result) -> UUID:
    media_store().finalize(upload.key, result.key)
    if isinstance(result.row, Capture):
        if upload.dataset_id is None:
            raise PipelineError(DATASET_DELETED, permanent=True)
        result.row.split = split_of_map(result.row)
    result.row.save(force_insert=True)
    result.enqueue(result.row.pk)
    Upload.objects.filter(pk=upload.pk).update(result_id=result.row.pk, updated_at=timezone.now())
    return result.row.pk


def _result(upload: Upload) -> _Result:
    purpose = UploadPurpose(upload.purpose)
    match purpose:
        case UploadPurpose.VIDEO:
            video = _video(upload)
            return _Result(video, video.key, queues.enqueue_analysis)
        case UploadPurpose.WEIGHTS:
            model = _weights(upload)
            return _Result(model, model.upload_key, queues.enqueue_weights_check)
        case UploadPurpose.CAPTURE:
            capture = _capture(upload)
            return _Result(capture, capture.key, queues.enqueue_capture)
        case _:
            assert_never(purpose)


def _video(upload: Upload) -> Video:
    return Video(
        id=upload.pk,
        owner=upload.owner,
        title=upload.title or title_of(upload.name),
        original_name=upload.name,
        state=VideoState.PROBING,
        starts_job=upload.starts_job,
        kind=upload.kind,
        upscale_of_id=upload.upscale_of_id,
        size=upload.size,
    )


def _weights(upload: Upload) -> UpscaleModel:
    return UpscaleModel(
        id=upload.pk,
        name=title_of(upload.name)[:120],
        original_name=upload.name,
        uploaded_by=upload.owner,
        state=ModelState.CHECKING,
        size=upload.size,
    )


def _capture(upload: Upload) -> Capture:
    if upload.dataset is None:
        raise PipelineError(DATASET_DELETED, permanent=True)
    return Capture(
        id=upload.pk,
        dataset=upload.dataset,
        link=upload.link,
        contributor=upload.contributor,
        title=upload.title or title_of(upload.name),
        original_name=upload.name,
        map=upload.map,
        licence=upload.link.licence if upload.link else upload.dataset.licence,
        size=upload.size,
    )
