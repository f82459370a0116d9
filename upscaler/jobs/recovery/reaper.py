"""Find work whose worker is gone, and enqueue it again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from upscaler.jobs import queues
from upscaler.jobs.actions import lifecycle, trash
from upscaler.jobs.base import leases
from upscaler.jobs.base.identity import is_running, machine
from upscaler.jobs.base.isolated import isolated
from upscaler.jobs.base.leases import unattended
from upscaler.jobs.recovery import liveness
from upscaler.jobs.rendering import claims
from upscaler.media.files import delete_file
from upscaler.models import Job, JobState, ModelState, UpscaleModel, Video, Worker
from upscaler.models.job import FINISHING_STATES, RENDERABLE_STATES
from upscaler.models.video import INTAKE_STATES
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.render.encode import playable_path
from upscaler.selectors.jobs import jobs_without_comparison
from upscaler.selectors.posts import posts_wanted
from upscaler.selectors.videos import videos_without_copy

SECONDS = 10.0
MAX_DERIVED_TASKS = 20
"""Bells a round for pictures and copies, so that what people wait for does not stand behind them all."""
WORN_OUT = "A part of this job ended its worker three times; it was given up."


def reap() -> int:
    """Free segments whose worker died or went silent, and enqueue what waits. Return the number of freed segments.

    Enqueues only where no task waits already, so that a long queue does not grow. One row that makes trouble
    keeps nothing from the others.
    """
    unfinished = _bury()
    with isolated("freeing the segments of silent workers"):
        unfinished += claims.free_expired()
    for key in unfinished:
        with isolated(f"removing {key}"):
            _remove(key)
    for job in _found(claims.jobs_with_failed_segment):
        with isolated(f"giving up job {job.pk}"):
            lifecycle.job_fail(job, PipelineError(WORN_OUT, permanent=True))
    for job in _found(claims.jobs_rendered):
        with isolated(f"moving on job {job.pk}"):
            lifecycle.advance(job, JobState.ASSEMBLING, come_from=RENDERABLE_STATES)
    for part in (trash.jobs_of_trash_cancel, _ring_gpu, _ring_cpu, liveness.tell_jobs):
        with isolated(part.__name__):
            part()
    return len(unfinished)


def _found(jobs: Callable[[], QuerySet[Job]]) -> list[Job]:
    with isolated(jobs.__name__):
        return list(jobs())
    return []


def _bury() -> list[str]:
    """Workers of this machine that are dead: nobody need wait for their leases to end.

    Gives the keys of the segments that they were at.
    """
    keys: list[str] = []
    with isolated("looking for dead workers"):
        for worker in Worker.objects.filter(machine=machine()):
            with isolated(f"freeing what {worker.name} held"):
                if not is_running(worker.name):
                    keys += claims.free_of(worker.name)
                    leases.free_of(worker.name, is_counted=not worker.is_stopping)
                    worker.delete()
    return keys


def _remove(key: str) -> None:
    """What was written of a segment that nobody will commit."""
    delete_file(key)
    delete_file(str(playable_path(Path(key))))


def _ring_gpu() -> None:
    if queues.is_queue_empty("gpu") and claims.is_anything_free():
        queues.enqueue_render()


def _ring_cpu() -> None:
    if not queues.is_queue_empty("cpu"):
        return
    waiting: tuple[tuple[Callable[[UUID], None], QuerySet[Any]], ...] = (
        (queues.enqueue_analysis, Video.objects.filter(unattended(), state__in=INTAKE_STATES)),
        (queues.enqueue_assembly, Job.objects.filter(unattended(), state__in=FINISHING_STATES)),
        (queues.enqueue_proxy, videos_without_copy().filter(unattended())[:MAX_DERIVED_TASKS]),
        (queues.enqueue_comparison, jobs_without_comparison().filter(unattended())[:MAX_DERIVED_TASKS]),
        (queues.enqueue_post, posts_wanted().filter(unattended())[:MAX_DERIVED_TASKS]),
        (queues.enqueue_weights_check, UpscaleModel.objects.filter(unattended(), state=ModelState.CHECKING)),
    )
    for enqueue, rows in waiting:
        with isolated(enqueue.__name__):
            for row in rows:
                enqueue(row.pk)
