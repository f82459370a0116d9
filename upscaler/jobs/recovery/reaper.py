"""Find work whose worker is gone, and enqueue it again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from upscaler.jobs import queues
from upscaler.jobs.actions import lifecycle, trash
from upscaler.jobs.actions.runs import runs_enqueue_waiting
from upscaler.jobs.base import leases
from upscaler.jobs.base.identity import is_running, machine
from upscaler.jobs.base.isolated import isolated
from upscaler.jobs.base.leases import unattended
from upscaler.jobs.recovery import liveness
from upscaler.jobs.rendering import claims
from upscaler.media.files import delete_file
from upscaler.models import Capture, Job, JobState, ModelState, UpscaleModel, Video, Worker
from upscaler.models.dataset import CAPTURE_ACTIVE_STATES
from upscaler.models.job import FINISHING_STATES, RENDERABLE_STATES
from upscaler.models.video import INTAKE_STATES
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.render.encode import playable_path
from upscaler.selectors.jobs import jobs_without_comparison
from upscaler.selectors.posts import posts_queued
from upscaler.selectors.runs import runs_to_prepare
from upscaler.selectors.videos import videos_without_copy

SECONDS = 10.0
MAX_DERIVED_TASKS = 20
"""The number of tasks per round for pictures and copies, so that more urgent tasks don't wait behind all of them."""
CRASHED = "A segment crashed its worker three times."


def reap() -> int:
    """Free segments whose worker died or went silent, and enqueue what waits. Return the number of freed segments.

    A queue is filled only if it is empty, so that it doesn't grow without end. An error about one row doesn't keep the
    others waiting.
    """
    unfinished = _free_dead_workers()
    with isolated("Freeing the segments of silent workers"):
        unfinished += claims.free_expired()
    for key in unfinished:
        with isolated(f"Deleting {key}"):
            _delete(key)
    for job in _jobs_of(claims.jobs_with_failed_segment):
        with isolated(f"Failing job {job.pk}"):
            lifecycle.job_fail(job, PipelineError(CRASHED, permanent=True))
    for job in _jobs_of(claims.jobs_rendered):
        with isolated(f"Starting the assembly of job {job.pk}"):
            lifecycle.advance(job, JobState.ASSEMBLING, come_from=RENDERABLE_STATES)
    for step in (
        trash.jobs_of_trash_cancel,
        _enqueue_gpu_tasks,
        _enqueue_cpu_tasks,
        liveness.update_jobs,
        liveness.update_runs,
    ):
        with isolated(step.__name__):
            step()
    return len(unfinished)


def _jobs_of(jobs: Callable[[], QuerySet[Job]]) -> list[Job]:
    with isolated(jobs.__name__):
        return list(jobs())
    return []


def _free_dead_workers() -> list[str]:
    """Free what dead workers of this machine held, without waiting until their leases expire.

    Return the keys of their unfinished segments.
    """
    keys: list[str] = []
    with isolated("Checking for dead workers"):
        for worker in Worker.objects.filter(machine=machine()):
            with isolated(f"Freeing the work of {worker.name}"):
                if not is_running(worker.name):
                    keys += claims.free_of(worker.name)
                    leases.free_of(worker.name, is_counted=not worker.is_stopping)
                    worker.delete()
    return keys


def _delete(key: str) -> None:
    """Delete the files of a segment that no worker will commit."""
    delete_file(key)
    delete_file(str(playable_path(Path(key))))


def _enqueue_gpu_tasks() -> None:
    if queues.is_queue_empty("gpu") and claims.is_anything_free():
        queues.enqueue_render()
    if not claims.is_anything_wanted():
        runs_enqueue_waiting()


def _enqueue_cpu_tasks() -> None:
    if not queues.is_queue_empty("cpu"):
        return
    waiting: tuple[tuple[Callable[[UUID], None], QuerySet[Any]], ...] = (
        (queues.enqueue_analysis, Video.objects.filter(unattended(), state__in=INTAKE_STATES)),
        (queues.enqueue_assembly, Job.objects.filter(unattended(), state__in=FINISHING_STATES)),
        (queues.enqueue_proxy, videos_without_copy().filter(unattended())[:MAX_DERIVED_TASKS]),
        (queues.enqueue_comparison, jobs_without_comparison().filter(unattended())[:MAX_DERIVED_TASKS]),
        (queues.enqueue_post, posts_queued().filter(unattended())[:MAX_DERIVED_TASKS]),
        (queues.enqueue_samples, runs_to_prepare().filter(unattended())),
        (queues.enqueue_weights_check, UpscaleModel.objects.filter(unattended(), state=ModelState.CHECKING)),
        (queues.enqueue_capture, Capture.objects.filter(unattended(), state__in=CAPTURE_ACTIVE_STATES)),
    )
    for enqueue, rows in waiting:
        with isolated(enqueue.__name__):
            for row in rows:
                enqueue(row.pk)
