"""Who renders what. Every change of hands is one conditional UPDATE and a look at the row count.

Conditions on the segment stand in the outermost WHERE, those on its job in an Exists() beside them. A filter across the
join becomes ``WHERE id IN (SELECT ...)``: when PostgreSQL has waited for another UPDATE of the row, it checks only the
id again, and both would win.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet, Sum
from django.utils import timezone

from upscaler.jobs.actions import lifecycle
from upscaler.jobs.actions.job_order import ORDER
from upscaler.jobs.rendering.segment_selection import Piece, choose
from upscaler.models import Job, JobState, Segment, SegmentState
from upscaler.models.job import RENDERABLE_STATES
from upscaler.pipeline.render.segments import Rendered

LEASE = timedelta(seconds=30)
HEARTBEAT_SECONDS = 10.0
MAX_ATTEMPTS = 3
DIED = "Its worker died, three times."


@dataclass(frozen=True)
class Claim:
    """The right to render one segment, until the lease ends or another gets a higher fence."""

    segment: Segment
    job: Job
    fence: int

    @property
    def key(self) -> str:
        """Holds the fence: two claims never write to the same place."""
        return key_of(self.segment, self.fence)


def key_of(segment: Segment, fence: int) -> str:
    """Where a segment's file lies in media storage, as whoever held this fence wrote it."""
    return f"jobs/{segment.job_id}/segments/{segment.index:06}-{fence}.mp4"


def claim_next(
    worker: str, *, after: Claim | None = None, incompatibility: Callable[[Job], str] | None = None
) -> Claim | None:
    """A free segment of the most urgent job that this worker may do, now ours; None if there is nothing to do.

    ``after`` is what it did last: its decoder stands right behind it. ``incompatibility`` says why a job is not for
    this worker; the job's page then shows that.
    """
    for job in _waiting_jobs():
        if incompatibility is not None and (reason := incompatibility(job)):
            _say_why(job, reason)
            continue
        last = after.segment if after is not None and after.job.pk == job.pk else None
        while (piece := _choice(job, last)) is not None:
            if claim := _take(job, piece, worker, last):
                return claim
    return None


def is_anything_free() -> bool:
    """Does any segment wait for a worker?"""
    return _waiting_jobs().exists()


def heartbeat(claim: Claim) -> bool:
    """Renew the lease. False: it is lost, or the job is no longer wanted; stop."""
    now = timezone.now()
    return bool(_held(claim).filter(_is_renderable()).update(heartbeat_at=now, lease_until=now + LEASE))


def is_wanted(claim: Claim) -> bool:
    """Is the segment still ours, and the job still to be rendered?"""
    return _held(claim).filter(_is_renderable()).exists()


def commit(claim: Claim, rendered: Rendered) -> bool:
    """The segment is true from now on. False if the fence has moved or the job was cancelled: the file is waste.

    Safe to repeat: true as well if an earlier call wrote it down and the answer was lost on its way.
    """
    with transaction.atomic():
        won = (
            _held(claim)
            .exclude(Exists(_its_job().filter(state=JobState.CANCELLED)))
            .update(
                state=SegmentState.DONE,
                key=claim.key,
                frames=rendered.frames,
                size=rendered.size,
                sha256=rendered.sha256,
                seconds=rendered.seconds,
                changes_nothing=rendered.changes_nothing,
                lease_until=None,
            )
        )
        if won:
            # two that commit at once count one after the other, so that each sees the other's frames
            Job.objects.select_for_update().get(pk=claim.job.pk)
            done = Segment.objects.filter(job=claim.job, state=SegmentState.DONE)
            frames = done.aggregate(frames=Sum(F("end") - F("start")), seconds=Sum("seconds"))
            Job.objects.filter(pk=claim.job.pk).update(
                frames_done=frames["frames"] or 0, render_seconds=frames["seconds"] or 0
            )
    return bool(won) or Segment.objects.filter(pk=claim.segment.pk, state=SegmentState.DONE, key=claim.key).exists()


def hand_back(claim: Claim) -> None:
    """We were asked to stop: somebody else may have it, and this attempt does not count."""
    _held(claim).update(state=SegmentState.WAITING, lease_until=None, worker="", attempt=F("attempt") - 1)


def give_up(claim: Claim, error: str, *, permanent: bool) -> SegmentState | None:
    """The attempt failed. Gives what the segment is now: it waits, or at the last attempt has failed for good. None if
    it was not ours any more."""
    is_last = permanent or claim.segment.attempt >= MAX_ATTEMPTS
    state = SegmentState.FAILED if is_last else SegmentState.WAITING
    return state if _held(claim).update(state=state, lease_until=None, worker="", error=error) else None


def free_expired() -> list[str]:
    """Segments whose worker has gone silent are free again, or have failed at the last attempt.

    Gives the keys that they were being written to.
    """
    return _free(Segment.objects.filter(lease_until__lt=timezone.now()))


def free_of(worker: str) -> list[str]:
    """The same for what a worker holds that is known to be dead."""
    return _free(Segment.objects.filter(worker=worker))


def render_again(segment: Segment, error: str) -> bool:
    """The file of a segment that was done is gone or damaged: it waits again. False if it is not done any more."""
    done = Segment.objects.filter(pk=segment.pk, state=SegmentState.DONE, fence=segment.fence)
    return bool(done.update(state=SegmentState.WAITING, key="", attempt=0, error=error))


def jobs_with_failed_segment() -> QuerySet[Job]:
    """Jobs that would wait for ever for a segment that nobody tries again."""
    return Job.objects.filter(state__in=RENDERABLE_STATES, segments__state=SegmentState.FAILED).distinct()


def jobs_rendered() -> QuerySet[Job]:
    """Jobs whose last segment is done, and that nobody has moved on: their worker died just then."""
    undone = Segment.objects.filter(job=OuterRef("pk")).exclude(state=SegmentState.DONE)
    return Job.objects.filter(~Exists(undone), state__in=RENDERABLE_STATES)


def _waiting_jobs() -> QuerySet[Job]:
    """Those with a segment that waits, the most urgent first."""
    waiting = Segment.objects.filter(job=OuterRef("pk"), state=SegmentState.WAITING)
    jobs = Job.objects.filter(Exists(waiting), state__in=RENDERABLE_STATES, video__trashed_at__isnull=True)
    return jobs.select_related("video", "model").order_by(*ORDER)


def _choice(job: Job, last: Segment | None) -> Piece | None:
    source = job.plan.source
    return choose(
        list(_pieces(job)),
        last.index if last is not None else None,
        seconds_a_frame=job.render_seconds / job.frames_done if job.frames_done else 0.0,
        megapixels=source.width * source.height / 1e6,
    )


def _pieces(job: Job) -> Iterator[Piece]:
    """None of a job that was cancelled or paused just now: nobody could take its segments, and they still wait."""
    rows = job.segments.filter(job__state__in=RENDERABLE_STATES).order_by("index")
    return (Piece(*row) for row in rows.values_list("pk", "index", "start", "end", "state", "fence"))


def _take(job: Job, piece: Piece, worker: str, last: Segment | None) -> Claim | None:
    """None if another was quicker. It is expected to go as quickly as the last one."""
    now = timezone.now()
    free = Segment.objects.filter(_is_renderable(), pk=piece.id, state=SegmentState.WAITING, fence=piece.fence)
    won = free.update(
        state=SegmentState.CLAIMED,
        attempt=F("attempt") + 1,
        fence=F("fence") + 1,
        worker=worker,
        heartbeat_at=now,
        lease_until=now + LEASE,
        frames_begun=0,
        fps=last.fps if last is not None else None,
    )
    if not won:
        return None
    if job.waits_for:
        lifecycle.job_wait(job, "")
    return Claim(Segment.objects.get(pk=piece.id), job, piece.fence + 1)


def _say_why(job: Job, reason: str) -> None:
    """Unless somebody is at it."""
    if job.waits_for != reason and not job.segments.filter(state=SegmentState.CLAIMED).exists():
        lifecycle.job_wait(job, reason)


def _free(rows: QuerySet[Segment]) -> list[str]:
    keys = []
    for segment in rows.filter(state=SegmentState.CLAIMED):
        same = rows.filter(pk=segment.pk, state=SegmentState.CLAIMED, fence=segment.fence)  # not renewed meanwhile
        if segment.attempt >= MAX_ATTEMPTS:
            freed = same.update(state=SegmentState.FAILED, lease_until=None, error=segment.error or DIED)
        else:
            freed = same.update(state=SegmentState.WAITING, lease_until=None, worker="")
        if freed:
            keys.append(key_of(segment, segment.fence))
    return keys


def _its_job() -> QuerySet[Job]:
    """The job of the segment in whose query this stands."""
    return Job.objects.filter(pk=OuterRef("job"))


def _is_renderable() -> Exists:
    return Exists(_its_job().filter(state__in=RENDERABLE_STATES))


def _held(claim: Claim) -> QuerySet[Segment]:
    return Segment.objects.filter(pk=claim.segment.pk, state=SegmentState.CLAIMED, fence=claim.fence)
