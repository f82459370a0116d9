"""Is there work for a queue, that no worker of this machine is at?"""

from __future__ import annotations

from django.db.models import Exists, OuterRef
from django.utils import timezone

from upscaler.jobs.base.identity import machine
from upscaler.jobs.base.installation import refusal
from upscaler.jobs.base.leases import TABLES, unattended
from upscaler.jobs.recovery.liveness import NO_WORKER
from upscaler.jobs.steps import url_import
from upscaler.models import Job, ModelState, Segment, SegmentState, UpscaleModel, Video, VideoState, Worker
from upscaler.models.job import FINISHING_STATES, RENDERABLE_STATES
from upscaler.models.video import INTAKE_STATES
from upscaler.models.worker import SILENT_AFTER
from upscaler.selectors.jobs import jobs_without_comparison


def is_stuck(queue: str) -> bool:
    """Work waits that may be done here, and this machine's workers of the queue have nothing in hand."""
    if refusal():
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
    left = left.filter(video__trashed_at__isnull=True)
    return left.filter(waits_for__in=("", NO_WORKER["gpu"])).exists()


def _waits_on_processors(names: list[str]) -> bool:
    held = (table._default_manager.filter(leased_by__in=names) for table in TABLES)
    if any(rows.exists() for rows in held) or _is_one_busy(names):
        return False
    # what is to be fetched waits for what is being fetched: see fetching.is_busy
    intake = [state for state in INTAKE_STATES if state != VideoState.FETCHING or not url_import.is_busy()]
    return (
        Video.objects.filter(unattended(), state__in=intake, notice="").exists()
        or Job.objects.filter(unattended(), state__in=FINISHING_STATES, waits_for__in=("", NO_WORKER["cpu"])).exists()
        or UpscaleModel.objects.filter(unattended(), state=ModelState.CHECKING).exists()
        or jobs_without_comparison().filter(unattended()).exists()
    )


def _is_one_busy(names: list[str]) -> bool:
    """With what nobody holds a lease on, such as the removal of files."""
    heard = Worker.objects.filter(name__in=names, heartbeat_at__gt=timezone.now() - SILENT_AFTER)
    return heard.exclude(activity="").exists()
