"""Deletes files of videos, models and captures without a row, such as those of a server that died while deleting."""

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
from upscaler.models import Capture, Dataset, Event, TrainingRun, Upload, UpscaleModel, User, Video

logger = logging.getLogger(__name__)

AGE_SECONDS = 24 * 3600.0
"""Newer files may be uploads in progress, whose files exist before their rows."""
KINDS: dict[str, type[Video | UpscaleModel | Capture | Dataset | TrainingRun]] = {
    "videos": Video,
    "models": UpscaleModel,
    "captures": Capture,
    "datasets": Dataset,
    "runs": TrainingRun,
}
"""Folders of media storage, and the models whose ids name the folders in them."""


def orphans_delete() -> int:
    """Delete the folders of videos, models, captures and datasets without a row. Return how many.

    Folders of unfinished uploads stay, since their browser may resume them. So do folders that are older than the first
    account: they belong to another database.
    """
    first = User.objects.aggregate(first=Min("date_joined"))["first"]
    return sum(_delete_unknown(kind, first.timestamp()) for kind in KINDS) if first else 0


def _delete_unknown(kind: str, since: float) -> int:
    count = 0
    for batch in in_parts(ids_of_folders(kind)):
        for id in _unknown(kind, batch):
            with isolated(f"Checking the folder {kind}/{id}"):
                newest = max(_times(f"{kind}/{id}"), default=0.0)
                if since < newest < time.time() - AGE_SECONDS:
                    folder_delete(f"{kind}/{id}")
                    Event.objects.filter(subject=id).delete()
                    count += 1
    if count:
        logger.warning("Deleted the files of %d %s without a row", count, kind)
    return count


def _unknown(kind: str, ids: list[UUID]) -> list[UUID]:
    known = {
        *KINDS[kind]._default_manager.filter(pk__in=ids).values_list("pk", flat=True),
        *Upload.objects.filter(pk__in=ids).values_list("pk", flat=True),
    }
    return [id for id in ids if id not in known]


def _times(prefix: str) -> Iterator[float]:
    """Yield when each file under a prefix was stored."""
    try:
        folders, names = default_storage.listdir(prefix)
    except FileNotFoundError:  # deleted by another machine
        return
    for name in names:
        modified_at = media_store().modified_at(f"{prefix}/{name}")
        if modified_at is not None:
            yield modified_at
    for folder in folders:
        yield from _times(f"{prefix}/{folder}")
