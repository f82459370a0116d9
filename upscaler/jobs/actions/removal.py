"""Cancels and deletes jobs and videos, with as many queries for hundreds as for one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from upscaler.jobs import queues
from upscaler.jobs.actions import lifecycle
from upscaler.library.listing import in_parts, listing_follow
from upscaler.live import log
from upscaler.media.files import folder_delete
from upscaler.models import Event, Job, JobState, Part, Video, VideoState
from upscaler.models.job import ACTIVE_STATES


def job_cancel(*, job: Job) -> bool:
    """Cancel a job and have its files deleted. Its worker notices within a second. Return False if it has ended."""
    if not _cancel(Job.objects.filter(pk=job.pk)):
        return False
    job.refresh_from_db(fields=["state"])
    return True


def jobs_cancel(*, videos: Iterable[UUID]) -> int:
    """Cancel the active jobs of these videos. Return how many."""
    return sum(_cancel(Job.objects.filter(video__in=ids)) for ids in in_parts(videos))


def _cancel(jobs: QuerySet[Job]) -> int:
    state = JobState.CANCELLED
    with transaction.atomic():
        # locked in the same order as in job_order.py, so that concurrent calls wait for each other
        active = list(jobs.filter(state__in=ACTIVE_STATES).select_for_update().order_by("pk").only("video"))
        for batch in in_parts(active):
            ids = [job.pk for job in batch]
            Job.objects.filter(pk__in=ids, state__in=ACTIVE_STATES).update(
                state=state, waits_for="", finished_at=timezone.now()
            )
            log.append_to_each(
                Job,
                ids,
                {"kind": "stage", "state": state.value, "label": state.label},
                {"kind": "log", "text": "Cancelled."},
            )
            queues.enqueue_removal(*(f"{job.folder}/segments" for job in batch))
        listing_follow({job.video_id for job in active})
    return len(active)


def job_delete(*, job: Job) -> None:
    """Cancel a job and delete everything of it: rows at once, files by a task."""
    job_cancel(job=job)
    with transaction.atomic():
        Event.objects.filter(subject=job.pk).delete()
        folder = job.folder
        Job.objects.filter(pk=job.pk).delete()
        listing_follow([job.video_id])
        queues.enqueue_removal(folder)


def video_delete(*, video: Video) -> None:
    """Delete a video and all of its jobs: rows at once, files by a task."""
    videos_delete_rows(ids=[video.pk])


def videos_delete(*, ids: Sequence[UUID]) -> int:
    """Delete videos permanently, with all of their jobs. Return how many.

    This takes as long as deleting their files. Files are deleted before the rows, so that a second call finds the rest
    if this process dies; and again after them, for files that workers wrote in the meantime.
    """
    jobs = _cancelled_jobs(ids)
    for folder in _folders(ids, jobs):
        folder_delete(folder)
    return _rows_delete(ids, jobs)


def videos_delete_rows(*, ids: Sequence[UUID]) -> int:
    """Delete videos permanently, without waiting for their files, which a task deletes. Return how many."""
    return _rows_delete(ids, _cancelled_jobs(ids))


def _cancelled_jobs(ids: Sequence[UUID]) -> list[Job]:
    """Cancel the jobs of these videos, and refuse videos that are joined from them. Return all of their jobs."""
    films_refuse(parts=ids)
    jobs_cancel(videos=ids)
    return list(Job.objects.filter(video__in=ids).only("pk"))


def _folders(ids: Sequence[UUID], jobs: Sequence[Job]) -> list[str]:
    return [*(job.folder for job in jobs), *(f"videos/{id}" for id in ids)]


def _rows_delete(ids: Sequence[UUID], jobs: Sequence[Job]) -> int:
    with transaction.atomic():
        for subjects in in_parts([*ids, *(job.pk for job in jobs)]):
            Event.objects.filter(subject__in=subjects).delete()
        count = Video.objects.filter(pk__in=ids).delete()[1].get(Video._meta.label, 0)
        queues.enqueue_removal(*_folders(ids, jobs))
    return count


def films_refuse(*, parts: Sequence[UUID]) -> None:
    """Refuse videos that are still being joined from these, which are being deleted."""
    rows = Part.objects.filter(source__in=parts, film__state=VideoState.JOINING).select_related("film", "source")
    for part in rows:
        assert part.source is not None  # it is one of the videos
        error = f"Its part “{part.source.title}” was deleted before the parts were joined."
        if lifecycle.video_advance(part.film, VideoState.REFUSED, come_from=(VideoState.JOINING,), error=error):
            log.append(part.film, {"kind": "failed", "error": error})
