"""Events that a page missed, and jobs that ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from upscaler.live.events import payload_for_page
from upscaler.models import (
    Event,
    Job,
    JobState,
    User,
)

COMMIT_SECONDS = 5
"""After this time no event with a lower id appears: on PostgreSQL, ids are assigned before they are committed."""
MAX_EVENTS = 20_000
"""How many events back are searched for ended jobs, so that the cost doesn't grow with the time away."""
MAX_ENDED = 10


def events_after(subject: UUID, after: int, last: int) -> list[dict[str, Any]] | None:
    """Return the events (after, last] of a subject; None if some don't exist."""
    if after > last:
        return None
    rows = list(Event.objects.filter(subject=subject, seq__gt=after, seq__lte=last))
    if len(rows) != last - after:
        return None
    return [{"seq": row.seq, "payload": payload_for_page(row)} for row in rows]


def event_settled() -> int:
    """Return the id of the newest event before which no other can appear; 0 if there is none."""
    committed = timezone.now() - timedelta(seconds=COMMIT_SECONDS)
    return Event.objects.filter(created_at__lte=committed).order_by("-pk").values_list("pk", flat=True).first() or 0


def jobs_ended(*, user: User, after: int, last: int) -> list[tuple[int, Job]]:
    """Return a user's jobs that finished or failed by the events (after, last], unless they were restarted: oldest
    first, each with the id of its event."""
    span = Event.objects.filter(pk__gt=max(after, last - MAX_EVENTS), pk__lte=last)
    ends = dict(span.filter(kind__in=["finished", "failed"]).order_by("pk").values_list("subject", "pk"))
    if not ends:
        return []
    jobs = Job.objects.select_related("video").filter(
        pk__in=ends, video__owner=user, video__trashed_at__isnull=True, state__in=[JobState.DONE, JobState.FAILED]
    )
    narrow = jobs.only("state", "started_at", "finished_at", "video__title")
    return sorted(((ends[job.pk], job) for job in narrow), key=lambda end: end[0])[-MAX_ENDED:]
