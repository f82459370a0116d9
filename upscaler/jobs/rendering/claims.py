"""Claims of segments by workers. Each claim, commit and release is one conditional UPDATE, whose row count decides.

Conditions on the segment are in the outermost WHERE, those on its job in an Exists() beside them. A filter across the
join becomes ``WHERE id IN (SELECT ...)``: after waiting for another UPDATE of the row, PostgreSQL checks only the id
again, and both would win.
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
from upscaler.jobs.rendering.segment_selection import Candidate, choose
from upscaler.models import Job, JobState, Segment, SegmentState
from upscaler.models.job import RENDERABLE_STATES
from upscaler.pipeline.render.segments import Rendered

LEASE = timedelta(seconds=30)
HEARTBEAT_SECONDS = 10.0
MAX_ATTEMPTS = 3
DIED = "This segment crashed its worker three times."


@dataclass(frozen=True)
class Claim:
    """The right to render one segment, until the lease expires or another claim gets a higher fence."""

    segment: Segment
    job: Job
    fence: int

    @property
    def key(self) -> str:
        """The key of the segment's file. It contains the fence, so that two claims never write to the same file."""
        return key_of(self.segment, self.fence)


def key_of(segment: Segment, fence: int) -> str:
    """Return the key of the file that the claim with this fence writes."""
    return f"jobs/{segment.job_id}/segments/{segment.index:06}-{fence}.mp4"


def claim_next(
    worker: str, *, after: Claim | None = None, incompatibility: Callable[[Job], str] | None = None
) -> Claim | None:
    """Claim a waiting segment of the most urgent job that this worker can render; None if there is none.

    ``after`` is the worker's last claim, behind which its decoder continues. ``incompatibility`` returns why this
    worker can't render a job, which the job's page then shows, or "".
    """
    for job in _waiting_jobs():
        if incompatibility is not None and (reason := incompatibility(job)):
            _show_reason(job, reason)
            continue
        last = after.segment if after is not None and after.job.pk == job.pk else None
        while (candidate := _choice(job, last)) is not None:
            if claim := _claim(job, candidate, worker, last):
                return claim
    return None


def is_anything_free() -> bool:
    """Does any segment wait for a worker?"""
    return _waiting_jobs().exists()


def is_anything_wanted() -> bool:
    """Does any segment wait for a worker alone, and not for disk space or another kind of worker?"""
    return _waiting_jobs().filter(waits_for="").exists()


def heartbeat(claim: Claim) -> bool:
    """Renew the lease. Return False if it is lost, or the job can no longer be rendered."""
    now = timezone.now()
    return bool(_held(claim).filter(_is_renderable()).update(heartbeat_at=now, lease_until=now + LEASE))


def is_valid(claim: Claim) -> bool:
    """Is the claim still held, and can the job still be rendered?"""
    return _held(claim).filter(_is_renderable()).exists()


def commit(claim: Claim, rendered: Rendered) -> bool:
    """Mark the segment as done. Return False if the claim is lost or the job was cancelled: the file is not needed.

    Safe to repeat: returns True, too, if an earlier call succeeded and its answer was lost.
    """
    with transaction.atomic():
        is_updated = (
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
        if is_updated:
            # concurrent commits count one after the other, so that each sees the other's frames
            Job.objects.select_for_update().get(pk=claim.job.pk)
            done = Segment.objects.filter(job=claim.job, state=SegmentState.DONE)
            frames = done.aggregate(frames=Sum(F("end") - F("start")), seconds=Sum("seconds"))
            Job.objects.filter(pk=claim.job.pk).update(
                frames_done=frames["frames"] or 0, render_seconds=frames["seconds"] or 0
            )
    return (
        bool(is_updated) or Segment.objects.filter(pk=claim.segment.pk, state=SegmentState.DONE, key=claim.key).exists()
    )


def release(claim: Claim) -> None:
    """Release a claim without counting the attempt, when the worker stops or has to wait."""
    _held(claim).update(state=SegmentState.WAITING, lease_until=None, worker="", attempt=F("attempt") - 1)


def fail(claim: Claim, error: str, *, permanent: bool) -> SegmentState | None:
    """Record a failed attempt. Return the segment's new state: waiting, or failed after the last attempt. Return None
    if the claim was lost."""
    is_last = permanent or claim.segment.attempt >= MAX_ATTEMPTS
    state = SegmentState.FAILED if is_last else SegmentState.WAITING
    return state if _held(claim).update(state=state, lease_until=None, worker="", error=error) else None


def free_expired() -> list[str]:
    """Release segments whose lease has expired, or fail them after the last attempt.

    Return the keys that they were being written to.
    """
    return _free(Segment.objects.filter(lease_until__lt=timezone.now()))


def free_of(worker: str) -> list[str]:
    """Release the segments of a dead worker like ``free_expired``, and return their keys."""
    return _free(Segment.objects.filter(worker=worker))


def render_again(segment: Segment, error: str) -> bool:
    """Queue a finished segment whose file is missing or damaged. Return False if it isn't done any more."""
    done = Segment.objects.filter(pk=segment.pk, state=SegmentState.DONE, fence=segment.fence)
    return bool(done.update(state=SegmentState.WAITING, key="", attempt=0, error=error))


def jobs_with_failed_segment() -> QuerySet[Job]:
    """Return active jobs with a segment that failed for the last time."""
    return Job.objects.filter(state__in=RENDERABLE_STATES, segments__state=SegmentState.FAILED).distinct()


def jobs_rendered() -> QuerySet[Job]:
    """Return jobs whose segments are all done, but whose worker died before it started the assembly."""
    undone = Segment.objects.filter(job=OuterRef("pk")).exclude(state=SegmentState.DONE)
    return Job.objects.filter(~Exists(undone), state__in=RENDERABLE_STATES)


def _waiting_jobs() -> QuerySet[Job]:
    """Return the jobs with a waiting segment, the most urgent first."""
    waiting = Segment.objects.filter(job=OuterRef("pk"), state=SegmentState.WAITING)
    jobs = Job.objects.filter(Exists(waiting), state__in=RENDERABLE_STATES, video__trashed_at__isnull=True)
    return jobs.select_related("video", "model").order_by(*ORDER)


def _choice(job: Job, last: Segment | None) -> Candidate | None:
    source = job.plan.source
    return choose(
        list(_candidates(job)),
        last.index if last is not None else None,
        seconds_per_frame=job.render_seconds / job.frames_done if job.frames_done else 0.0,
        megapixels=source.width * source.height / 1e6,
    )


def _candidates(job: Job) -> Iterator[Candidate]:
    """Yield the job's segments; none if it was just cancelled or paused, since they still wait but can't be claimed."""
    rows = job.segments.filter(job__state__in=RENDERABLE_STATES).order_by("index")
    return (Candidate(*row) for row in rows.values_list("pk", "index", "start", "end", "state", "fence"))


def _claim(job: Job, candidate: Candidate, worker: str, last: Segment | None) -> Claim | None:
    """Claim a segment; None if another worker was faster. Its speed is estimated by that of the last one."""
    now = timezone.now()
    free = Segment.objects.filter(_is_renderable(), pk=candidate.id, state=SegmentState.WAITING, fence=candidate.fence)
    is_claimed = free.update(
        state=SegmentState.CLAIMED,
        attempt=F("attempt") + 1,
        fence=F("fence") + 1,
        worker=worker,
        heartbeat_at=now,
        lease_until=now + LEASE,
        frames_begun=0,
        fps=last.fps if last is not None else None,
    )
    if not is_claimed:
        return None
    if job.waits_for:
        lifecycle.job_wait(job, "")
    return Claim(Segment.objects.get(pk=candidate.id), job, candidate.fence + 1)


def _show_reason(job: Job, reason: str) -> None:
    """Show on the job's page why it waits, unless a worker renders it."""
    if job.waits_for != reason and not job.segments.filter(state=SegmentState.CLAIMED).exists():
        lifecycle.job_wait(job, reason)


def _free(rows: QuerySet[Segment]) -> list[str]:
    keys = []
    for segment in rows.filter(state=SegmentState.CLAIMED):
        unchanged = rows.filter(
            pk=segment.pk, state=SegmentState.CLAIMED, fence=segment.fence
        )  # not renewed in the meantime
        if segment.attempt >= MAX_ATTEMPTS:
            freed = unchanged.update(state=SegmentState.FAILED, lease_until=None, error=segment.error or DIED)
        else:
            freed = unchanged.update(state=SegmentState.WAITING, lease_until=None, worker="")
        if freed:
            keys.append(key_of(segment, segment.fence))
    return keys


def _its_job() -> QuerySet[Job]:
    """Return a subquery for the job of a segment."""
    return Job.objects.filter(pk=OuterRef("job"))


def _is_renderable() -> Exists:
    return Exists(_its_job().filter(state__in=RENDERABLE_STATES))


def _held(claim: Claim) -> QuerySet[Segment]:
    return Segment.objects.filter(pk=claim.segment.pk, state=SegmentState.CLAIMED, fence=claim.fence)
