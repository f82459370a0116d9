"""Detects work that waits while this machine's workers are idle."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from upscaler.jobs.base.identity import machine
from upscaler.jobs.base.installation import refusal
from upscaler.jobs.base.leases import TABLES, unattended
from upscaler.jobs.recovery.liveness import NO_WORKER
from upscaler.jobs.steps import url_import
from upscaler.models import (
    Capture,
    Job,
    ModelState,
    Segment,
    SegmentState,
    TrainingRun,
    UpscaleModel,
    Video,
    VideoState,
    Worker,
)
from upscaler.models.dataset import CAPTURE_ACTIVE_STATES
from upscaler.models.job import FINISHING_STATES, RENDERABLE_STATES
from upscaler.models.video import INTAKE_STATES
from upscaler.models.worker import SILENT_AFTER
from upscaler.selectors.jobs import jobs_without_comparison
from upscaler.selectors.runs import runs_to_prepare, runs_to_train


def is_stuck(queue: str) -> bool:
    """Does work wait that this machine can do, while its workers of the queue are idle?"""
    if refusal():
        return False
    names = Worker.objects.filter(machine=machine(), queue=queue).values_list("name", flat=True)
    return _is_rendering_stuck(list(names)) if queue == "gpu" else _is_cpu_queue_stuck(list(names))


def _is_rendering_stuck(names: list[str]) -> bool:
    if Segment.objects.filter(state=SegmentState.CLAIMED, worker__in=names).exists():
        return False
    if TrainingRun.objects.filter(leased_by__in=names).exists():
        return False
    claimed = Segment.objects.filter(job=OuterRef("pk"), state=SegmentState.CLAIMED)
    waiting = Segment.objects.filter(job=OuterRef("pk"), state=SegmentState.WAITING)
    # if other workers render a job, ours may have good reason to leave it to them
    jobs = Job.objects.filter(Exists(waiting), ~Exists(claimed), state__in=RENDERABLE_STATES)
    jobs = jobs.filter(video__trashed_at__isnull=True)
    waits_for_worker = Q(waits_for__in=("", NO_WORKER["gpu"]))
    return jobs.filter(waits_for_worker).exists() or _is_training_stuck()


def _is_training_stuck() -> bool:
    """Does a run wait for a device that nothing is upscaled on?"""
    runs = runs_to_train().filter(unattended(), waits_for__in=("", NO_WORKER["gpu"]))
    return runs.exists() and not Segment.objects.filter(state=SegmentState.CLAIMED).exists()


def _is_cpu_queue_stuck(names: list[str]) -> bool:
    leased = (table._default_manager.filter(leased_by__in=names) for table in TABLES)
    if any(rows.exists() for rows in leased) or _is_any_busy(names):
        return False
    # downloads wait for each other: see url_import.is_busy
    intake = [state for state in INTAKE_STATES if state != VideoState.FETCHING or not url_import.is_busy()]
    return (
        Video.objects.filter(unattended(), state__in=intake, notice="").exists()
        or Job.objects.filter(unattended(), state__in=FINISHING_STATES, waits_for__in=("", NO_WORKER["cpu"])).exists()
        or UpscaleModel.objects.filter(unattended(), state=ModelState.CHECKING).exists()
        or runs_to_prepare().filter(unattended(), waits_for__in=("", NO_WORKER["cpu"])).exists()
        or Capture.objects.filter(unattended(), state__in=CAPTURE_ACTIVE_STATES, error="").exists()
        or jobs_without_comparison().filter(unattended()).exists()
    )


def _is_any_busy(names: list[str]) -> bool:
    """Does one of the workers have an activity without a lease, such as deleting files?"""
    alive = Worker.objects.filter(name__in=names, heartbeat_at__gt=timezone.now() - SILENT_AFTER)
    return alive.exclude(activity="").exists()
