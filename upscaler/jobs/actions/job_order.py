"""The order in which jobs are done, and who may change it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from upscaler.models import Job, Segment, SegmentState, User
from upscaler.models.job import ACTIVE_STATES, QUEUED_STATES

ORDER = ("-priority", "created_at", "pk")
"""In which claims take them, too."""


def jobs_queued() -> QuerySet[Job]:
    """Those that have a place, the first one first; ``is_at_work`` says whether anybody renders a part of it now."""
    at_work = Segment.objects.filter(job=OuterRef("pk"), state=SegmentState.CLAIMED)
    return _shown(QUEUED_STATES).annotate(is_at_work=Exists(at_work))


def jobs_finishing() -> QuerySet[Job]:
    """Those that are rendered, and are being put together and checked."""
    return _shown([state for state in ACTIVE_STATES if state not in QUEUED_STATES])


def may_move(user: User, job: Job) -> bool:
    """One's own; all of them for the owner of the server."""
    return user.is_superuser or job.video.owner_id == user.pk


def queue_reorder(*, user: User, ids: Sequence[UUID]) -> bool:
    """Put a person's jobs in this order, in the places that they hold together; False if they are in it already.

    Everybody else's keep their places, and so do jobs that are not named. Those that have ended, or are not the
    person's to move, are passed over. What is made later has no priority and comes behind all of these.
    """
    with transaction.atomic():
        rows = Job.objects.filter(state__in=QUEUED_STATES)
        # locked in an order that never changes, and read behind the locks: two people may do this at once
        list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
        queue = list(rows.select_related("video").order_by(*ORDER))
        mine = {job.pk: job for job in queue if may_move(user, job)}
        named = {id: mine[id] for id in ids if id in mine}
        moved = iter(named.values())
        wanted = [next(moved) if job.pk in named else job for job in queue]
        if wanted == queue:
            return False
        for place, job in enumerate(wanted):
            if job.priority != len(wanted) - place:
                Job.objects.filter(pk=job.pk, state__in=QUEUED_STATES).update(priority=len(wanted) - place)
    return True


def _shown(states: Sequence[str]) -> QuerySet[Job]:
    jobs = Job.objects.filter(state__in=states).select_related("video__owner", "model")
    return jobs.order_by(*ORDER)
