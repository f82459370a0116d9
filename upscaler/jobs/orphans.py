"""Files of videos that no row names: what was deleted past our pages, or by a server that died at that moment."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from uuid import UUID

from django.core.files.storage import default_storage
from django.db.models import Min

from upscaler.jobs.isolated import isolated
from upscaler.library.listing import in_parts
from upscaler.media.medium import medium
from upscaler.models import Event, Upload, User, Video
from upscaler.storage import folder_delete, ids_of_folders

logger = logging.getLogger(__name__)

AGE_SECONDS = 24 * 3600.0
"""Younger files may be arriving: they are there before their row is."""


def orphans_delete() -> int:
    """Remove the folders of videos that are no more; gives how many.

    Those of uploads that are still known stay, since an arrival that was cut off goes on whenever its browser comes
    back. So does what is older than the first account: it was brought into another database than this one.
    """
    first = User.objects.aggregate(first=Min("date_joined"))["first"]
    count = 0
    for some in in_parts(ids_of_folders("videos")) if first else ():
        for id in _unknown(some):
            with isolated(f"looking at the folder videos/{id}"):
                came = max(_times(f"videos/{id}"), default=0.0)
                if first.timestamp() < came < time.time() - AGE_SECONDS:
                    folder_delete(f"videos/{id}")
                    Event.objects.filter(subject=id).delete()
                    count += 1
    if count:
        logger.warning("the files of %d videos that are in no library were removed", count)
    return count


def _unknown(ids: list[UUID]) -> list[UUID]:
    known = {
        *Video.objects.filter(pk__in=ids).values_list("pk", flat=True),
        *Upload.objects.filter(pk__in=ids).values_list("pk", flat=True),
    }
    return [id for id in ids if id not in known]


def _times(prefix: str) -> Iterator[float]:
    """When each file below it came there."""
    try:
        folders, names = default_storage.listdir(prefix)
    except FileNotFoundError:  # another machine tidies, too
        return
    for name in names:
        came = medium().came_at(f"{prefix}/{name}")
        if came is not None:
            yield came
    for folder in folders:
        yield from _times(f"{prefix}/{folder}")
