"""The queue: what is done next, and how far what is under way has come."""

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
from upscaler.templatetags.words import percent
from upscaler.views.requests import person


@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """All jobs that are not done yet, whoever's they are."""
    return render(request, "upscaler/queue.html", _rows(person(request)))


@require_GET
def queue_states(request: HttpRequest) -> HttpResponse:
    """The same for a page that is open."""
    return JsonResponse(_rows(person(request)))


@require_POST
def queue_order(request: HttpRequest) -> HttpResponse:
    """Take the jobs in the order in which ``jobs`` names them; answers with the queue as it is then.

    They are named in one field, with commas between: a form has a thousand fields at most, and a queue may be longer.
    """
    said = request.POST.get("jobs", "")
    try:
        ids = [UUID(id) for id in said.split(",")] if said else []
    except ValueError:
        return JsonResponse({"error": "These are not ids of jobs."}, status=400)
    queue_reorder(user=person(request), ids=ids)
    return JsonResponse(_rows(person(request)))


def _rows(user: User) -> dict[str, Any]:
    return {
        "queued": [_row(job, user) for job in jobs_queued()],
        "finishing": [_row(job, user) for job in jobs_finishing()],
        "missing": list(liveness.missing().values()),
    }


def _row(job: Job, user: User) -> dict[str, Any]:
    """Of somebody else's job no more than how far it is; the owner of the server may read the rest, too."""
    is_own = job.video.owner_id == user.pk
    is_shown = is_own or user.is_superuser
    is_idle = job.state == JobState.RENDERING and not job.is_at_work  # type: ignore[attr-defined]
    row = {
        "id": str(job.pk),
        "is_own": is_own,
        "can_move": may_move(user, job),
        "state": JobState.QUEUED.value if is_idle else job.state,
        "label": "Begun, waiting" if is_idle else job.get_state_display(),
        "done": job.frames_done,
        "total": job.frames_total,
        "percent": percent(job.frames_done, job.frames_total),
        "title": "Somebody else's",
    }
    if is_shown:
        row |= {
            "title": job.video.title,
            "about": job.made_with if is_own else f"{job.made_with}, for {job.video.owner}",
            "fps": None if is_idle else job.fps,
            "seconds_left": None if is_idle else job.seconds_left,
            "waits_for": job.waits_for,
        }
    return row | (_doors(job) if is_own else {})


def _doors(job: Job) -> dict[str, Any]:
    """Where its page is and what may be done with it."""
    return {
        "url": reverse("job", args=[job.pk]),
        "cancel": reverse("job-cancel", args=[job.pk]),
        "pause": reverse("job-pause", args=[job.pk]) if job.state in RENDERABLE_STATES else None,
        "resume": reverse("job-resume", args=[job.pk]) if job.state == JobState.PAUSED else None,
    }
