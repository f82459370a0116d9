"""Jobs and their files, read through the owner of their video."""

from __future__ import annotations

from itertools import takewhile
from uuid import UUID

from django.db.models import QuerySet

from upscaler.models import (
    Artifact,
    Job,
    JobState,
    Segment,
    SegmentState,
    User,
)
from upscaler.models.artifact import ArtifactKind
from upscaler.models.job import COMPARISON_VERSION, WITHOUT_SEGMENTS
from upscaler.selectors.rows import found_or_404


def job_get(*, user: User, id: UUID) -> Job:
    """Return a job. Raises Http404 if it doesn't exist, or its video is another user's or in the trash."""
    jobs = Job.objects.select_related("video", "model")
    return found_or_404(jobs.filter(video__owner=user, video__trashed_at__isnull=True, pk=id).first())


def jobs_without_comparison() -> QuerySet[Job]:
    """Return finished jobs whose comparison's files are missing and have not failed."""
    return Job.objects.filter(
        state=JobState.DONE,
        comparison_version__lt=COMPARISON_VERSION,
        derived_files_error="",
        video__trashed_at__isnull=True,
    )


def jobs_comparable_with(job: Job) -> list[Job]:
    """Return the video's other finished jobs with the same frames at the same times, newest first."""
    done = Job.objects.select_related("model").filter(video=job.video_id, state=JobState.DONE).exclude(pk=job.pk)
    frames = _frames_of(job)
    return [other for other in done.order_by("-created_at") if _frames_of(other) == frames]


def _frames_of(job: Job) -> tuple[object, ...]:
    plan = job.plan
    return plan.rate, plan.start, plan.frame_count


def artifact_of_job(job: Job, kind: ArtifactKind) -> Artifact | None:
    return job.artifacts.filter(kind=kind).first()


def stills_of(job: Job) -> list[tuple[Artifact, Artifact]]:
    """Return the pairs of stills, before and after, in the order of their frames."""
    before = {a.frame: a for a in job.artifacts.filter(kind=ArtifactKind.STILL_BEFORE)}
    after = {a.frame: a for a in job.artifacts.filter(kind=ArtifactKind.STILL_AFTER)}
    return [(before[frame], after[frame]) for frame in sorted(before.keys() & after.keys(), key=lambda f: f or 0)]


def newest_pair(job: Job) -> tuple[Artifact, Artifact] | None:
    """Return the pictures, before and after, of the last frame that a running job has shown."""
    before = {a.frame: a for a in job.artifacts.filter(kind=ArtifactKind.LIVE_BEFORE)}
    after = job.artifacts.filter(kind=ArtifactKind.LIVE_AFTER).order_by("-created_at")
    return next(((before[picture.frame], picture) for picture in after if picture.frame in before), None)


def segments_watchable(job: Job) -> list[Segment]:
    """Return the segments that are rendered without a gap from the start, until they are deleted."""
    if job.state in WITHOUT_SEGMENTS:
        return []
    segments = job.segments.only("job", "index", "start", "end", "state", "key", "size", "sha256")
    return list(takewhile(lambda segment: segment.state == SegmentState.DONE, segments))


def seconds_watchable(job: Job) -> float:
    """Return the length of ``segments_watchable`` in seconds."""
    if job.state in WITHOUT_SEGMENTS:
        return 0.0
    first_missing = job.segments.exclude(state=SegmentState.DONE).order_by("index").first()
    frames = first_missing.start if first_missing else job.frames_total
    return float(frames / job.plan.rate)
