"""The queue of jobs, with the progress of those that run."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from upscaler.jobs.actions.job_order import jobs_finishing, jobs_queued, may_move, queue_reorder
from upscaler.jobs.recovery import liveness
from upscaler.models import Job, JobState, User
from upscaler.models.job import RENDERABLE_STATES
from upscaler.views.requests import person
from upscaler.wording.proportions import percent


@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """List everyone's unfinished jobs."""
    return render(request, "upscaler/queue.html", _rows(person(request)))


@require_GET
def queue_states(request: HttpRequest) -> HttpResponse:
    """Return the queue as JSON, for a page that is open."""
    return JsonResponse(_rows(person(request)))


@require_POST
def queue_order(request: HttpRequest) -> HttpResponse:
    """Put jobs in the order in which ``jobs`` lists them, and return the new queue.

    One field holds all ids, separated by commas: a form has a thousand fields at most, and a queue may be longer.
    """
    text = request.POST.get("jobs", "")
    try:
        ids = [UUID(id) for id in text.split(",")] if text else []
    except ValueError:
        return JsonResponse({"error": "Invalid job IDs."}, status=400)
    queue_reorder(user=person(request), ids=ids)
    return JsonResponse(_rows(person(request)))


def _rows(user: User) -> dict[str, Any]:
    return {
        "queued": [_row(job, user) for job in jobs_queued()],
        "finishing": [_row(job, user) for job in jobs_finishing()],
        "missing": list(liveness.missing().values()),
    }


def _row(job: Job, user: User) -> dict[str, Any]:
    """Return the row of a job; of someone else's, only its progress. The owner of the server sees everything."""
    is_own = job.video.owner_id == user.pk
    is_shown = is_own or user.is_superuser
    is_idle = job.state == JobState.RENDERING and not job.is_at_work  # type: ignore[attr-defined]
    row = {
        "id": str(job.pk),
        "is_own": is_own,
        "can_move": may_move(user, job),
        "state": JobState.QUEUED.value if is_idle else job.state,
        "label": "Started, waiting" if is_idle else job.get_state_display(),
        "done": job.frames_done,
        "total": job.frames_total,
        "percent": percent(job.frames_done, job.frames_total),
        "title": "Someone else's job",
    }
    if is_shown:
        row |= {
            "title": job.video.title,
            "about": job.made_with if is_own else f"{job.made_with}, for {job.video.owner}",
            "fps": None if is_idle else job.fps,
            "seconds_left": None if is_idle else job.seconds_left,
            "waits_for": job.waits_for,
        }
    return row | (_urls(job) if is_own else {})


def _urls(job: Job) -> dict[str, Any]:
    """Return the URLs of a job's page and of its actions."""
    return {
        "url": reverse("job", args=[job.pk]),
        "cancel": reverse("job-cancel", args=[job.pk]),
        "pause": reverse("job-pause", args=[job.pk]) if job.state in RENDERABLE_STATES else None,
        "resume": reverse("job-resume", args=[job.pk]) if job.state == JobState.PAUSED else None,
    }
