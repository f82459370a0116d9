"""Decides who may upload what, before the first byte."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings

from upscaler.media.files import free_bytes
from upscaler.models import Dataset, UploadPurpose, User, Video, VideoState

MAX_WEIGHTS_BYTES = 4 * 1024**3
"""The largest super-resolution networks have some hundred megabytes."""


class Denied(Exception):
    """An upload is refused: ``message`` says why, ``status`` is the HTTP status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


def check_upload(*, user: User, purpose: UploadPurpose, size: int) -> None:
    """Check that a person may upload a file of this size. Raises Denied."""
    if size == 0:
        raise Denied("The file is empty. The copy or download may have been cut off.", 400)
    limit = settings.ENVIRONMENT.limits.max_bytes
    if purpose == UploadPurpose.WEIGHTS:
        if not user.is_superuser:
            raise Denied("Only the owner of this server can add models.", 403)
        limit = MAX_WEIGHTS_BYTES
    if size > limit:
        raise Denied(f"The file is too large. This server's limit is {limit / 1024**3:.0f} GiB.", 413)
    if free_bytes() - size < settings.ENVIRONMENT.disk_floor_bytes:
        raise Denied("Not enough space on the server. Delete something, or ask its owner.", 507)


def original_of(*, user: User, id_text: str) -> Video | None:
    """Return the video that an upload is an upscale of; None if it names none.

    Raises Denied unless that video is the person's own and analysed.
    """
    if not id_text:
        return None
    try:
        id = UUID(id_text)
    except ValueError:
        raise Denied("Video not found.", 404) from None
    original = Video.objects.filter(owner=user, pk=id, trashed_at__isnull=True).first()
    if original is None:
        raise Denied("Video not found.", 404)
    if original.state != VideoState.READY:
        raise Denied("The original is still being analysed. Try again when it is ready.", 409)
    return original


def dataset_of(*, user: User, id_text: str) -> Dataset:
    """Return the dataset that a capture is for. Raises Denied unless it is the person's own."""
    try:
        id = UUID(id_text)
    except ValueError:
        raise Denied("Dataset not found.", 404) from None
    dataset = Dataset.objects.filter(owner=user, pk=id).first()
    if dataset is None:
        raise Denied("Dataset not found.", 404)
    return dataset
