"""Finds work that nobody is doing any more, and rings for it again."""

from __future__ import annotations

from upscaler import selectors
from upscaler.jobs import claims, enqueue, lifecycle
from upscaler.jobs.finishing import FINISHING_STATES
from upscaler.jobs.intake import INTAKE_STATES
from upscaler.jobs.leases import unattended
from upscaler.models import Job, JobState, ModelState, UpscaleModel, Video
from upscaler.models.job import RENDERABLE_STATES
from upscaler.pipeline.errors import PipelineError

SECONDS = 10.0
MOST_EXTRAS = 20
"""Bells a round for pictures and copies, so that what people wait for does not stand behind them all."""
WORN_OUT = "A part of this job ended its worker three times; it was given up."


def reap() -> int:
    """Free segments whose worker went silent, ring for what waits; gives how many were freed.

    Rings only where no bell waits already, so that a long queue does not get longer by it.
    """
    freed = claims.free_expired()
    for job in claims.jobs_with_failed_segment():
        lifecycle.job_fail(job, PipelineError(WORN_OUT))
    for job in claims.jobs_rendered():
        lifecycle.advance(job, JobState.ASSEMBLING, come_from=RENDERABLE_STATES)
    if enqueue.is_quiet("gpu") and claims.is_anything_free():
        enqueue.ring_render()
    if enqueue.is_quiet("cpu"):
        for video in Video.objects.filter(unattended(), state__in=INTAKE_STATES):
            enqueue.ring_intake(video.pk)
        for job in Job.objects.filter(unattended(), state__in=FINISHING_STATES):
            enqueue.ring_assembly(job.pk)
        for video in selectors.videos_without_copy().filter(unattended())[:MOST_EXTRAS]:
            enqueue.ring_proxy(video.pk)
        for job in selectors.jobs_without_stills().filter(unattended())[:MOST_EXTRAS]:
            enqueue.ring_stills(job.pk)
        for model in UpscaleModel.objects.filter(unattended(), state=ModelState.CHECKING):
            enqueue.ring_weights(model.pk)
    return freed
