"""Changes to many jobs and videos, in as many queries for hundreds as for one. For one alone, see lifecycle.py."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from upscaler.jobs import queues
from upscaler.jobs.actions import lifecycle
from upscaler.library.listing import in_parts, listing_follow
from upscaler.live import log
from upscaler.models import Event, Job, JobState, Video
from upscaler.models.job import ACTIVE_STATES
from upscaler.storage import folder_delete


def jobs_cancel(*, videos: Iterable[UUID]) -> int:
    """Stop every job of these videos that has not ended, as ``lifecycle.job_cancel`` does; gives how many."""
    to, count = JobState.CANCELLED, 0
    for some in in_parts(videos):
        with transaction.atomic():
            active = Job.objects.filter(video__in=some, state__in=ACTIVE_STATES)
            # locked in one order, the same as in queue.py: two who do this at once wait for each other
            found = list(active.select_for_update().order_by("pk").only("video"))
            for jobs in in_parts(found):
                ids = [job.pk for job in jobs]
                Job.objects.filter(pk__in=ids).update(state=to, waits_for="", finished_at=timezone.now())
                log.append_to_each(
                    Job,
                    ids,
                    {"kind": "stage", "state": to.value, "label": to.label},
                    {"kind": "log", "text": "Cancelled."},
                )
                queues.enqueue_removal(*(f"{job.folder}/segments" for job in jobs))
            listing_follow({job.video_id for job in found})
        count += len(found)
    return count


def videos_delete(*, ids: Sequence[UUID]) -> int:
    """Remove videos that nobody can have back any more, with all of their jobs; gives how many.

    Takes as long as their files take. These go before the rows, so that whoever calls again after a death in between
    finds what is left; and once more behind them, for what was written by those who were at work meanwhile.
    """
    jobs = _given_up(ids)
    for folder in _folders(ids, jobs):
        folder_delete(folder)
    return _rows_delete(ids, jobs)


def videos_forget(*, ids: Sequence[UUID]) -> int:
    """The same for whoever can't wait for the files, which a task removes; gives how many."""
    return _rows_delete(ids, _given_up(ids))


def _given_up(ids: Sequence[UUID]) -> list[Job]:
    """The jobs of these videos, which nobody works at from now on."""
    lifecycle.films_give_up(parts=ids)
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
