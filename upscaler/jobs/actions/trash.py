"""The trash: a video that was deleted can be had back for a time. Nobody works at it meanwhile, and nobody sees it."""

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

EXPIRED = datetime(1970, 1, 1, tzinfo=UTC)
"""When a video went into the trash whose owner does not want to have it back: it is deleted as soon as may be."""


def trash_of(user: User) -> QuerySet[Video]:
    """What a person can have back, the last one first."""
    return Video.objects.filter(owner=user, trashed_at__gt=EXPIRED).order_by("-trashed_at", "pk")


def videos_trash(*, user: User, ids: Iterable[UUID]) -> int:
    """Move a person's videos to the trash; gives how many. Their jobs that are not done yet are cancelled."""
    count = 0
    for some in in_parts(ids):
        with transaction.atomic():
            rows = Video.objects.filter(owner=user, pk__in=some, trashed_at__isnull=True)
            found = list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
            count += Video.objects.filter(pk__in=found).update(trashed_at=timezone.now())
            listing_remove(found)
        # behind the commit: whoever would start a job now sees that the video is in the trash
        removal.jobs_cancel(videos=found)
    return count


def jobs_of_trash_cancel() -> int:
    """Cancel what ``videos_trash`` left, whose process died behind its commit; gives how many."""
    left = Job.objects.filter(state__in=ACTIVE_STATES, video__trashed_at__isnull=False)
    return removal.jobs_cancel(videos=list(left.values_list("video", flat=True).distinct()))


def videos_restore(*, user: User, ids: Iterable[UUID]) -> int:
    """Take a person's videos out of the trash; gives how many. Jobs that were cancelled stay so."""
    count = 0
    for some in in_parts(ids):
        with transaction.atomic():
            found = list(trash_of(user).filter(pk__in=some).values_list("pk", flat=True))
            count += trash_of(user).filter(pk__in=found).update(trashed_at=None)
            listing_write(found)
    return count


def trash_empty(*, user: User) -> int:
    """Nothing of what is in a person's trash can be had back any more; gives how many. A worker deletes it."""
    count = trash_of(user).update(trashed_at=EXPIRED)
    if count:
        queues.enqueue_trash()
    return count


def trash_expire() -> int:
    """Delete for good what was in the trash for the time that the settings give it; gives how many.

    Safe to call at any time, and twice at once.
    """
    until = timezone.now() - timedelta(days=settings.ENVIRONMENT.trash_days)
    # nobody gets back what has begun to be deleted
    Video.objects.filter(trashed_at__gt=EXPIRED, trashed_at__lt=until).update(trashed_at=EXPIRED)
    count = 0
    for some in in_parts(list(Video.objects.filter(trashed_at=EXPIRED).values_list("pk", flat=True))):
        with isolated("deleting videos from the trash"):
            count += removal.videos_delete(ids=some)
    if count:
        logger.info("%d videos were deleted from the trash", count)
    return count
