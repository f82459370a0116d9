"""Checks the stored bytes of an upload, which a restored backup or a disk clean-up may have removed."""

from __future__ import annotations

import logging

from django.utils import timezone

from upscaler.intake import completion
from upscaler.intake.upload_policy import Denied
from upscaler.jobs.base.installation import refusal
from upscaler.media.media_store import media_store
from upscaler.models import Upload

GONE = "The uploaded part of this file is no longer on the server. Start again."

logger = logging.getLogger(__name__)


def offset_put_back(upload: Upload) -> None:
    """Set the offset back if the disk has fewer bytes than the row says.

    If there are none, deletes the row and raises Denied. Raises Upload.DoesNotExist if another request has just
    deleted it.
    """
    if upload.result_id is not None:
        return
    try:
        size = media_store().incoming_path(upload.key).stat().st_size
    except FileNotFoundError:
        if reason := refusal():  # such as a network drive that is not mounted: the bytes may come back with it
            raise Denied(reason, 503) from None
        if not completion.is_in_place(upload) and _delete(upload):
            raise Denied(GONE, 410) from None
        return
    if size < upload.offset:
        logger.warning("Upload %s: %d of %d stored bytes are left", upload.pk, size, upload.offset)
        Upload.objects.filter(pk=upload.pk, offset=upload.offset).update(offset=size, updated_at=timezone.now())
        upload.refresh_from_db(fields=["offset"])


def _delete(upload: Upload) -> bool:
    """Delete the row; False if another request has completed the upload in the meantime."""
    if Upload.objects.filter(pk=upload.pk, result_id__isnull=True).delete()[0]:
        logger.warning("Deleted upload %s: its bytes are gone", upload.pk)
        return True
    upload.refresh_from_db()
    return False
