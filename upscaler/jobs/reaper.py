"""Finds work that nobody is doing any more, and rings for it again."""

from __future__ import annotations

from upscaler.jobs import claims, enqueue
from upscaler.jobs.finishing import FINISHING_STATES
from upscaler.jobs.intake import INTAKE_STATES
from upscaler.jobs.leases import unattended
from upscaler.models import Job, ModelState, UpscaleModel, Video

SECONDS = 10.0


def reap() -> int:
    """Free segments whose worker went silent, ring for what waits; gives how many were freed.

    Rings only where no bell waits already, so that a long queue does not get longer by it.
    """
    freed = claims.free_expired()
    if enqueue.is_quiet("gpu") and claims.is_anything_free():
        enqueue.ring_render()
    if enqueue.is_quiet("cpu"):
        for video in Video.objects.filter(unattended(), state__in=INTAKE_STATES):
            enqueue.ring_intake(video.pk)
        for job in Job.objects.filter(unattended(), state__in=FINISHING_STATES):
            enqueue.ring_assembly(job.pk)
        for model in UpscaleModel.objects.filter(unattended(), state=ModelState.CHECKING):
            enqueue.ring_weights(model.pk)
    return freed
