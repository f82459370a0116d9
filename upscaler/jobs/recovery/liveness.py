"""Which queues no worker serves, though work comes in: the pages, the waiting jobs and ``/healthz`` say so."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from upscaler.jobs.actions import lifecycle
from upscaler.models import Installation, Job, JobState, Worker
from upscaler.models.job import RENDERABLE_STATES

HEARD_WITHIN = timedelta(minutes=1)
"""Of a heartbeat every ten seconds; and as long after its start, the server's own workers may still be starting."""
NO_WORKER = {
    "gpu": "No worker for rendering has reported for a minute; jobs wait until one does.",
    "cpu": "No worker for measuring videos and assembling results has reported for a minute; these wait until one "
    "does.",
}
"""What is said of a queue without a worker."""
WAIT_IN = {"gpu": RENDERABLE_STATES, "cpu": (JobState.ASSEMBLING, JobState.VERIFYING)}
"""The states in which a job waits for a worker of a queue."""


def missing() -> dict[str, str]:
    """What to say of each queue that has no worker; empty while all have one, or the server has just started."""
    since = timezone.now() - HEARD_WITHIN
    heard = set(Worker.objects.filter(heartbeat_at__gt=since).values_list("queue", flat=True))
    if heard >= NO_WORKER.keys() or not Installation.objects.filter(updated_at__lt=since).exists():
        return {}
    return {queue: words for queue, words in NO_WORKER.items() if queue not in heard}


def tell_jobs() -> None:
    """Have the jobs say it that wait for such a worker and for nothing else, and no others."""
    absent = missing()
    for queue, words in NO_WORKER.items():
        waits = Q(state__in=WAIT_IN[queue]) if queue in absent else Q(pk__in=[])
        for job in Job.objects.filter(waits, waits_for=""):
            lifecycle.job_wait(job, words)
        for job in Job.objects.filter(~waits, waits_for=words):
            lifecycle.job_wait(job, "")
