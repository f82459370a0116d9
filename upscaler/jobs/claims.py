"""Who renders what. Every change of hands is one conditional UPDATE and a look at the row count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet, Sum
from django.utils import timezone

from upscaler.models import Job, Segment, SegmentState
from upscaler.models.job import RENDERABLE_STATES
from upscaler.pipeline.render import Rendered

LEASE = timedelta(seconds=30)
HEARTBEAT_SECONDS = 10.0
MOST_ATTEMPTS = 3


@dataclass(frozen=True)
class Claim:
    """The right to render one segment, until the lease ends or another gets a higher fence."""

    segment: Segment
    job: Job
    fence: int

    @property
    def key(self) -> str:
        """Holds the fence: two claims never write to the same place."""
        return f"{self.job.folder}/segments/{self.segment.index:06}-{self.fence}.mp4"


def claim_next(worker: str) -> Claim | None:
    """The first free segment of the most urgent job, now ours; None if there is nothing to do."""
    free = _free().select_related("job__video", "job__model")
    urgent = free.order_by("-job__priority", "job__created_at", "index")
    while (segment := urgent.first()) is not None:
        now = timezone.now()
        won = Segment.objects.filter(pk=segment.pk, state=SegmentState.WAITING, fence=segment.fence).update(
            state=SegmentState.CLAIMED,
            attempt=F("attempt") + 1,
            fence=F("fence") + 1,
            worker=worker,
            heartbeat_at=now,
            lease_until=now + LEASE,
        )
        if won:
            segment.attempt += 1
            return Claim(segment, segment.job, segment.fence + 1)
    return None


def is_anything_free() -> bool:
    """Does any segment wait for a worker?"""
    return _free().exists()


def heartbeat(claim: Claim) -> bool:
    """Renew the lease. False: it is lost, or the job is no longer wanted; stop."""
    now = timezone.now()
    return bool(_held(claim).filter(job__state__in=RENDERABLE_STATES).update(heartbeat_at=now, lease_until=now + LEASE))


def is_wanted(claim: Claim) -> bool:
    """Is the segment still ours, and the job still to be rendered?"""
    return _held(claim).filter(job__state__in=RENDERABLE_STATES).exists()


def commit(claim: Claim, rendered: Rendered) -> bool:
    """The segment is true from now on. False if the fence has moved: then the file is waste."""
    with transaction.atomic():
        won = _held(claim).update(
            state=SegmentState.DONE,
            key=claim.key,
            frames=rendered.frames,
            size=rendered.size,
            sha256=rendered.sha256,
            seconds=rendered.seconds,
            lease_until=None,
        )
        if won:
            done = Segment.objects.filter(job=claim.job, state=SegmentState.DONE)
            frames = done.aggregate(frames=Sum(F("end") - F("start")), seconds=Sum("seconds"))
            Job.objects.filter(pk=claim.job.pk).update(
                frames_done=frames["frames"] or 0, render_seconds=frames["seconds"] or 0
            )
    return bool(won)


def hand_back(claim: Claim) -> None:
    """We were asked to stop: somebody else may have it, and this attempt does not count."""
    _held(claim).update(state=SegmentState.WAITING, lease_until=None, worker="", attempt=F("attempt") - 1)


def give_up(claim: Claim, error: str, *, permanent: bool) -> bool:
    """The attempt failed. True if it was the last: the segment has failed for good."""
    is_last = permanent or claim.segment.attempt >= MOST_ATTEMPTS
    state = SegmentState.FAILED if is_last else SegmentState.WAITING
    _held(claim).update(state=state, lease_until=None, worker="", error=error)
    return is_last


def free_expired() -> int:
    """Segments whose worker has gone silent are free again, or have failed at the last attempt."""
    expired = Segment.objects.filter(state=SegmentState.CLAIMED, lease_until__lt=timezone.now())
    failed = expired.filter(attempt__gte=MOST_ATTEMPTS).update(state=SegmentState.FAILED, lease_until=None)
    return failed + expired.update(state=SegmentState.WAITING, lease_until=None, worker="")


def jobs_with_failed_segment() -> QuerySet[Job]:
    """Jobs that would wait for ever for a segment that nobody tries again."""
    return Job.objects.filter(state__in=RENDERABLE_STATES, segments__state=SegmentState.FAILED).distinct()


def jobs_rendered() -> QuerySet[Job]:
    """Jobs whose last segment is done, and that nobody has moved on: their worker died just then."""
    undone = Segment.objects.filter(job=OuterRef("pk")).exclude(state=SegmentState.DONE)
    return Job.objects.filter(~Exists(undone), state__in=RENDERABLE_STATES)


def _free() -> QuerySet[Segment]:
    return Segment.objects.filter(state=SegmentState.WAITING, job__state__in=RENDERABLE_STATES)


def _held(claim: Claim) -> QuerySet[Segment]:
    return Segment.objects.filter(pk=claim.segment.pk, state=SegmentState.CLAIMED, fence=claim.fence)
