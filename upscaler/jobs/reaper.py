"""Finds work that nobody is doing any more, and rings for it again."""

from __future__ import annotations

import logging
from pathlib import Path

from upscaler import selectors
from upscaler.jobs import claims, enqueue, leases, lifecycle
from upscaler.jobs.finishing import FINISHING_STATES
from upscaler.jobs.identity import is_running, machine
from upscaler.jobs.intake import INTAKE_STATES
from upscaler.jobs.leases import unattended
from upscaler.models import Job, JobState, ModelState, UpscaleModel, Video, Worker
from upscaler.models.job import RENDERABLE_STATES
from upscaler.pipeline.encode import playable_path
from upscaler.pipeline.errors import PipelineError
from upscaler.storage import discard

logger = logging.getLogger(__name__)

SECONDS = 10.0
MOST_EXTRAS = 20
"""Bells a round for pictures and copies, so that what people wait for does not stand behind them all."""
WORN_OUT = "A part of this job ended its worker three times; it was given up."


def reap() -> int:
    """Free segments whose worker died or went silent, ring for what waits; gives how many were freed.

    Rings only where no bell waits already, so that a long queue does not get longer by it.
    """
    unfinished = [*_bury(), *claims.free_expired()]
    for key in unfinished:
        _remove(key)
    for job in claims.jobs_with_failed_segment():
        lifecycle.job_fail(job, PipelineError(WORN_OUT, permanent=True))
    for job in claims.jobs_rendered():
        lifecycle.advance(job, JobState.ASSEMBLING, come_from=RENDERABLE_STATES)
    _ring()
    return len(unfinished)


def _bury() -> list[str]:
    """Workers of this machine that are dead: nobody need wait for their leases to end.

    Gives the keys of the segments that they were at.
    """
    keys = []
    for worker in Worker.objects.filter(machine=machine()):
        if is_running(worker.name):
            continue
        keys += claims.free_of(worker.name)
        leases.free_of(worker.name, is_counted=not worker.is_stopping)
        worker.delete()
    return keys


def _remove(key: str) -> None:
    """What was written of a segment that nobody will commit."""
    discard(key)
    discard(str(playable_path(Path(key))))


def _ring() -> None:
    if enqueue.is_quiet("gpu") and claims.is_anything_free():
        enqueue.ring_render()
    if not enqueue.is_quiet("cpu"):
        return
    for video in Video.objects.filter(unattended(), state__in=INTAKE_STATES):
        enqueue.ring_intake(video.pk)
    for job in Job.objects.filter(unattended(), state__in=FINISHING_STATES):
        enqueue.ring_assembly(job.pk)
    for video in selectors.videos_without_copy().filter(unattended())[:MOST_EXTRAS]:
        enqueue.ring_proxy(video.pk)
    for job in selectors.jobs_without_comparison().filter(unattended())[:MOST_EXTRAS]:
        enqueue.ring_comparison(job.pk)
    for post in selectors.posts_wanted().filter(unattended())[:MOST_EXTRAS]:
        enqueue.ring_post(post.pk)
    for model in UpscaleModel.objects.filter(unattended(), state=ModelState.CHECKING):
        enqueue.ring_weights(model.pk)
