"""Looks for the bytes of an upload, of which a restore, or whoever cleans up a disk, may have taken some or all."""

from __future__ import annotations

import logging

from django.utils import timezone

from upscaler.intake import arrival
from upscaler.intake.gate import Denied
from upscaler.jobs.base.installation import refusal
from upscaler.media.medium import medium
from upscaler.models import Upload

GONE = "What was sent of this upload is no longer on the server; start it again."

logger = logging.getLogger(__name__)


def offset_put_back(upload: Upload) -> None:
    """Where fewer bytes are on the disk than the row says, it says so from now on.

    Raises Denied where there is nothing, and deletes the row; and Upload.DoesNotExist where another request has just
    forgotten it.
    """
    if upload.result_id is not None:
        return
    try:
        size = medium().gathering_path(upload.key).stat().st_size
    except FileNotFoundError:
        if reason := refusal():  # such as a network drive that is not mounted: the bytes may come back with it
            raise Denied(reason, 503) from None
        if not arrival.is_in_place(upload) and _forget(upload):
            raise Denied(GONE, 410) from None
        return
    if size < upload.offset:
        logger.warning("upload %s has %d bytes of the %d that were stored", upload.pk, size, upload.offset)
        Upload.objects.filter(pk=upload.pk, offset=upload.offset).update(offset=size, updated_at=timezone.now())
        upload.refresh_from_db(fields=["offset"])


def _forget(upload: Upload) -> bool:
    """False where it has arrived in the meantime, by another request."""
    if Upload.objects.filter(pk=upload.pk, result_id__isnull=True).delete()[0]:
        logger.warning("the bytes of upload %s are gone; it was forgotten", upload.pk)
        return True
    upload.refresh_from_db()
    return False
