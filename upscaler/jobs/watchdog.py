"""Is there work for a queue, that no worker of this machine is at?"""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from upscaler import selectors
from upscaler.jobs.finishing import FINISHING_STATES
from upscaler.jobs.identity import machine
from upscaler.jobs.intake import INTAKE_STATES
from upscaler.jobs.leases import unattended
from upscaler.jobs.presence import why_not_at_all
from upscaler.models import Job, ModelState, Segment, SegmentState, UpscaleModel, Video, Worker
from upscaler.models.job import RENDERABLE_STATES


def is_stuck(queue: str) -> bool:
    """Work waits that may be done here, and this machine's workers of the queue have nothing in hand."""
    if why_not_at_all():
        return False
    names = Worker.objects.filter(machine=machine(), queue=queue).values_list("name", flat=True)
    return _waits_to_be_rendered(list(names)) if queue == "gpu" else _waits_on_processors(list(names))


def _waits_to_be_rendered(names: list[str]) -> bool:
    if Segment.objects.filter(state=SegmentState.CLAIMED, worker__in=names).exists():
        return False
    in_hand = Segment.objects.filter(job=OuterRef("pk"), state=SegmentState.CLAIMED)
    waiting = Segment.objects.filter(job=OuterRef("pk"), state=SegmentState.WAITING)
    # where others are at it already, we may have good reason to leave it to them
    left = Job.objects.filter(Exists(waiting), ~Exists(in_hand), state__in=RENDERABLE_STATES)
    return left.filter(waits_for="").exists()


def _waits_on_processors(names: list[str]) -> bool:
    held = (table._default_manager.filter(leased_by__in=names) for table in (Video, Job, UpscaleModel))
    if any(rows.exists() for rows in held):
        return False
    return (
        Video.objects.filter(unattended(), state__in=INTAKE_STATES, notice="").exists()
        or Job.objects.filter(unattended(), state__in=FINISHING_STATES, waits_for="").exists()
        or UpscaleModel.objects.filter(unattended(), state=ModelState.CHECKING).exists()
        or selectors.jobs_without_comparison().filter(unattended()).exists()
    )
