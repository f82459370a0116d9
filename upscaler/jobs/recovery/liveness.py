"""Detects queues without a worker, for the pages, the waiting jobs and runs, and ``/healthz``."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from upscaler.jobs.actions import lifecycle, runs
from upscaler.jobs.base.leases import unattended
from upscaler.models import Installation, Job, JobState, TrainingRun, Worker
from upscaler.models.job import RENDERABLE_STATES
from upscaler.selectors.runs import runs_to_prepare, runs_to_train

HEARTBEAT_WITHIN = timedelta(minutes=1)
"""The time without a heartbeat after which a queue has no worker, and in which the server's workers may still start."""
NO_WORKER = {
    "gpu": "No worker that upscales has responded for 1 minute. Jobs wait until one responds.",
    "cpu": "No worker that analyses and assembles has responded for 1 minute. Videos wait until one responds.",
}
"""The message about a queue without a worker."""
WAIT_IN = {"gpu": RENDERABLE_STATES, "cpu": (JobState.ASSEMBLING, JobState.VERIFYING)}
"""The states in which a job waits for a worker of a queue."""


def missing() -> dict[str, str]:
    """Return the message of each queue without a worker. Empty while the server is starting."""
    since = timezone.now() - HEARTBEAT_WITHIN
    served = set(Worker.objects.filter(heartbeat_at__gt=since).values_list("queue", flat=True))
    if served >= NO_WORKER.keys() or not Installation.objects.filter(updated_at__lt=since).exists():
        return {}
    return {queue: message for queue, message in NO_WORKER.items() if queue not in served}


def update_runs() -> None:
    """Show the message on the training runs that wait for such a worker alone, and remove it from all others."""
    without_worker = missing()
    for queue, message in NO_WORKER.items():
        of_queue = runs_to_train() if queue == "gpu" else runs_to_prepare()
        waiting = list(of_queue.filter(unattended())) if queue in without_worker else []
        for run in waiting:
            if not run.waits_for:
                runs.run_wait(run, message)
        for run in TrainingRun.objects.filter(waits_for=message).exclude(pk__in=[run.pk for run in waiting]):
            runs.run_wait(run, "")


def update_jobs() -> None:
    """Show the message on the jobs that wait for such a worker alone, and remove it from all others."""
    without_worker = missing()
    for queue, message in NO_WORKER.items():
        waits = Q(state__in=WAIT_IN[queue]) if queue in without_worker else Q(pk__in=[])
        for job in Job.objects.filter(waits, waits_for=""):
            lifecycle.job_wait(job, message)
        for job in Job.objects.filter(~waits, waits_for=message):
            lifecycle.job_wait(job, "")
