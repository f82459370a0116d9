"""A finished upload becomes a video or a set of weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import assert_never
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from upscaler.jobs import queues
from upscaler.media.medium import medium
from upscaler.models import ModelState, Upload, UploadPurpose, UpscaleModel, Video, VideoState
from upscaler.pipeline.core.printable import one_line, printable
from upscaler.storage import discard

LONGEST_NAME = 255


@dataclass(frozen=True)
class _Result:
    """What an upload becomes: a row that is not saved yet, where its bytes go, and the task that follows."""

    row: Video | UpscaleModel
    key: str
    enqueue: Callable[[UUID], None]


def arrive(upload: Upload) -> UUID:
    """Give the bytes their place, make the row, enqueue the task; gives the new row's id.

    Safe to call again after a crash: the bytes come before the row, to a place that follows from the upload's id, and
    what is done is passed over. Raises Upload.DoesNotExist when it was forgotten in the meantime, and PipelineError
    when object storage does not take the bytes, which then stay for the next time.
    """
    result = _result(upload)
    try:
        upload.refresh_from_db(fields=["result_id"])
        if upload.result_id is None:
            medium().send(upload.key, result.key)
        with transaction.atomic():
            locked = Upload.objects.select_for_update().get(pk=upload.pk)
            made = locked.result_id or _make(locked, result)
    except Upload.DoesNotExist:
        if not type(result.row)._default_manager.filter(pk=upload.pk).exists():
            discard(result.key)
        raise
    medium().gathering_path(upload.key).unlink(missing_ok=True)
    return made


def is_in_place(upload: Upload) -> bool:
    """Do its bytes, which are whole, lie where they belong, though nobody has made a row of them yet?"""
    return upload.offset == upload.size and medium().content(_result(upload).key) is not None


def clean_name(name: str) -> str:
    """A name to show."""
    return printable(name)[-LONGEST_NAME:] or "untitled"


def title_of(name: str) -> str:
    """A first title from a file's name: no folder, no ending."""
    stem = PurePosixPath(PureWindowsPath(name).name).stem
    return one_line(stem.replace("_", " "))[:200] or "Untitled"


def _make(upload: Upload, result: _Result) -> UUID:
    medium().settle(upload.key, result.key)
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
