"""The order in which jobs run, and who may change it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from upscaler.models import Job, Segment, SegmentState, User
from upscaler.models.job import ACTIVE_STATES, QUEUED_STATES

ORDER = ("-priority", "created_at", "pk")
"""The order in which workers claim them, too."""


def jobs_queued() -> QuerySet[Job]:
    """Return the queued jobs in order. ``is_at_work`` is whether a worker renders one of its segments now."""
    at_work = Segment.objects.filter(job=OuterRef("pk"), state=SegmentState.CLAIMED)
    return _shown(QUEUED_STATES).annotate(is_at_work=Exists(at_work))


def jobs_finishing() -> QuerySet[Job]:
    """Return the rendered jobs, which are being assembled and checked."""
    return _shown([state for state in ACTIVE_STATES if state not in QUEUED_STATES])


def may_move(user: User, job: Job) -> bool:
    """May this user move the job? Users may move their own, and the server's owner all of them."""
    return user.is_superuser or job.video.owner_id == user.pk


def queue_reorder(*, user: User, ids: Sequence[UUID]) -> bool:
    """Put a user's jobs in this order, within the places that they hold. Return False if that changes nothing.

    Other jobs keep their places. Jobs that have ended, or that the user may not move, are skipped. Later jobs have no
    priority and come after all of these.
    """
    with transaction.atomic():
        rows = Job.objects.filter(state__in=QUEUED_STATES)
        # locked in a fixed order, and read after that: two users may do this at once
        list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
        queue = list(rows.select_related("video").order_by(*ORDER))
        mine = {job.pk: job for job in queue if may_move(user, job)}
        named = {id: mine[id] for id in ids if id in mine}
        moved = iter(named.values())
        reordered = [next(moved) if job.pk in named else job for job in queue]
        if reordered == queue:
            return False
        for place, job in enumerate(reordered):
            if job.priority != len(reordered) - place:
                Job.objects.filter(pk=job.pk, state__in=QUEUED_STATES).update(priority=len(reordered) - place)
    return True


def _shown(states: Sequence[str]) -> QuerySet[Job]:
    jobs = Job.objects.filter(state__in=states).select_related("video__owner", "model")
    return jobs.order_by(*ORDER)
