"""Files of videos and models that no row names: deleted past our pages, or by a server that died at that moment."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from uuid import UUID

from django.core.files.storage import default_storage
from django.db.models import Min

from upscaler.jobs.base.isolated import isolated
from upscaler.library.listing import in_parts
from upscaler.media.files import folder_delete, ids_of_folders
from upscaler.media.media_store import media_store
from upscaler.models import Event, Upload, UpscaleModel, User, Video

logger = logging.getLogger(__name__)

AGE_SECONDS = 24 * 3600.0
"""Younger files may be arriving: they are there before their row is."""


KINDS: dict[str, type[Video | UpscaleModel]] = {"videos": Video, "models": UpscaleModel}
"""Folders of media storage, and whose ids name those below them."""


def orphans_delete() -> int:
    """Remove the folders of videos and models that are no more; gives how many.

    Those of uploads that are still known stay, since an arrival that was cut off goes on whenever its browser comes
    back. So does what is older than the first account: it was brought into another database than this one.
    """
    first = User.objects.aggregate(first=Min("date_joined"))["first"]
    return sum(_delete_unknown(kind, first.timestamp()) for kind in KINDS) if first else 0


def _delete_unknown(kind: str, since: float) -> int:
    count = 0
    for some in in_parts(ids_of_folders(kind)):
        for id in _unknown(kind, some):
            with isolated(f"looking at the folder {kind}/{id}"):
                came = max(_times(f"{kind}/{id}"), default=0.0)
                if since < came < time.time() - AGE_SECONDS:
                    folder_delete(f"{kind}/{id}")
                    Event.objects.filter(subject=id).delete()
                    count += 1
    if count:
        logger.warning("the files of %d %s that no row names were removed", count, kind)
    return count


def _unknown(kind: str, ids: list[UUID]) -> list[UUID]:
    known = {
        *KINDS[kind]._default_manager.filter(pk__in=ids).values_list("pk", flat=True),
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
        came = media_store().modified_at(f"{prefix}/{name}")
        if came is not None:
            yield came
    for folder in folders:
        yield from _times(f"{prefix}/{folder}")
