"""The trash, from which a deleted video can be restored for some days. No worker and no page uses it there."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from upscaler.jobs import queues
from upscaler.jobs.actions import removal
from upscaler.jobs.base.isolated import isolated
from upscaler.library.listing import in_parts, listing_remove, listing_write
from upscaler.models import Job, User, Video
from upscaler.models.job import ACTIVE_STATES

logger = logging.getLogger(__name__)

DELETE_NOW = datetime(1970, 1, 1, tzinfo=UTC)
"""The value of ``trashed_at`` of a video that can't be restored: it is deleted as soon as possible."""


def trash_of(user: User) -> QuerySet[Video]:
    """Return the videos that a user can restore, the last deleted first."""
    return Video.objects.filter(owner=user, trashed_at__gt=DELETE_NOW).order_by("-trashed_at", "pk")


def videos_trash(*, user: User, ids: Iterable[UUID]) -> int:
    """Move a user's videos to the trash, and cancel their active jobs. Return how many."""
    count = 0
    for batch in in_parts(ids):
        with transaction.atomic():
            rows = Video.objects.filter(owner=user, pk__in=batch, trashed_at__isnull=True)
            video_ids = list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
            count += Video.objects.filter(pk__in=video_ids).update(trashed_at=timezone.now())
            listing_remove(video_ids)
        # after the commit: a request that would start a job now sees that the video is in the trash
        removal.jobs_cancel(videos=video_ids)
    return count


def jobs_of_trash_cancel() -> int:
    """Cancel jobs that ``videos_trash`` left active because its process died after the commit. Return how many."""
    jobs = Job.objects.filter(state__in=ACTIVE_STATES, video__trashed_at__isnull=False)
    return removal.jobs_cancel(videos=list(jobs.values_list("video", flat=True).distinct()))


def videos_restore(*, user: User, ids: Iterable[UUID]) -> int:
    """Restore a user's videos from the trash. Cancelled jobs stay cancelled. Return how many."""
    count = 0
    for batch in in_parts(ids):
        with transaction.atomic():
            video_ids = list(trash_of(user).filter(pk__in=batch).values_list("pk", flat=True))
            count += trash_of(user).filter(pk__in=video_ids).update(trashed_at=None)
            listing_write(video_ids)
    return count


def trash_empty(*, user: User) -> int:
    """Empty a user's trash: a worker deletes the videos. Return how many."""
    count = trash_of(user).update(trashed_at=DELETE_NOW)
    if count:
        queues.enqueue_trash()
    return count


def trash_expire() -> int:
    """Permanently delete videos that were in the trash for as long as the settings say. Return how many.

    Safe to call at any time, also concurrently.
    """
    until = timezone.now() - timedelta(days=settings.ENVIRONMENT.trash_days)
    # nobody can restore a video whose deletion has started
    Video.objects.filter(trashed_at__gt=DELETE_NOW, trashed_at__lt=until).update(trashed_at=DELETE_NOW)
    count = 0
    for batch in in_parts(list(Video.objects.filter(trashed_at=DELETE_NOW).values_list("pk", flat=True))):
        with isolated("Deleting videos from the trash"):
            count += removal.videos_delete(ids=batch)
    if count:
        logger.info("Permanently deleted %d videos from the trash", count)
    return count
