"""Who may send what, asked before the first byte."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings

from upscaler.models import UploadPurpose, User, Video, VideoState
from upscaler.storage import free_bytes

MAX_WEIGHTS_BYTES = 4 * 1024**3
"""The largest networks of this field have some hundred megabytes."""


class Denied(Exception):
    """The upload is not taken; ``message`` says why, ``status`` is HTTP's word for it."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


def check_upload(*, user: User, purpose: UploadPurpose, size: int) -> None:
    """Raises Denied unless this person may send a file of this size."""
    if size == 0:
        raise Denied("The file is empty. Was the copy or the download cut off?", 400)
    limit = settings.ENVIRONMENT.limits.max_bytes
    if purpose == UploadPurpose.WEIGHTS:
        if not user.is_superuser:
            raise Denied("Only the owner of this server may add models.", 403)
        limit = MAX_WEIGHTS_BYTES
    if size > limit:
        raise Denied(f"The file is larger than this server takes ({limit / 1024**3:.0f} GiB).", 413)
    if free_bytes() - size < settings.ENVIRONMENT.disk_floor_bytes:
        raise Denied("The server has too little room left for this file; delete something, or ask its owner.", 507)


def original_of(*, user: User, said: str) -> Video | None:
    """The video that an upload is said to be an upscale of; None where it is said of none.

    Raises Denied unless it is the person's own, and measured.
    """
    if not said:
        return None
    try:
        id = UUID(said)
    except ValueError:
        raise Denied("There is no such video.", 404) from None
    original = Video.objects.filter(owner=user, pk=id, trashed_at__isnull=True).first()
    if original is None:
        raise Denied("There is no such video.", 404)
    if original.state != VideoState.READY:
        raise Denied("The original is not measured yet; wait until it is.", 409)
    return original
