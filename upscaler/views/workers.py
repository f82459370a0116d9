"""The page of workers: their machines, their states, and the work of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from upscaler.jobs.recovery import liveness
from upscaler.jobs.worker.activity import Activity, activities
from upscaler.models import User, Worker
from upscaler.views.requests import person

TASKS = {"gpu": "Upscaling", "cpu": "Analysis and assembly"}


@require_GET
def workers(request: HttpRequest) -> HttpResponse:
    """List the worker processes of all machines."""
    return render(request, "upscaler/workers.html", _rows(person(request)))


@require_GET
def workers_states(request: HttpRequest) -> HttpResponse:
    """Return the list as JSON, for a page that is open."""
    return JsonResponse(_rows(person(request)))


def _rows(user: User) -> dict[str, Any]:
    by_worker = activities()
    rows = [_row(worker, by_worker.get(worker.name, []), user) for worker in Worker.objects.all()]
    return {"workers": rows, "missing": list(liveness.missing().values())}


def _row(worker: Worker, leased: Sequence[Activity], user: User) -> dict[str, Any]:
    current = [*leased, Activity(worker.activity)] if worker.activity else leased
    state, label = _state(worker, is_busy=bool(current))
    speeds = [activity.fps for activity in current if activity.fps]
    return {
        "id": worker.name,
        "host": worker.host,
        "does": TASKS[worker.queue],
        "device": worker.device,
        "network": worker.network,
        "version": worker.version,
        "state": state,
        "label": label,
        "refuses": worker.refuses,
        "heard": _heard(worker),
        "fps": sum(speeds) if speeds else None,
        "hands": [_activity(activity, user) for activity in current],
    }


def _state(worker: Worker, *, is_busy: bool) -> tuple[str, str]:
    """Return a worker's state for style sheets, and its label."""
    if worker.is_silent:
        return "silent", "Not responding"
    if worker.refuses:
        return "refusing", "Not accepting work"
    if worker.is_stopping:
        return "stopping", "Stopping"
    return ("working", "Busy") if is_busy else ("idle", "Idle")


def _heard(worker: Worker) -> str:
    """Return how long ago the last heartbeat was; one from a clock slightly ahead is "just now"."""
    now = timezone.now()
    return "just now" if worker.heartbeat_at >= now else str(naturaltime(worker.heartbeat_at)).replace("\xa0", " ")


def _activity(activity: Activity, user: User) -> dict[str, Any]:
    """Return what a worker does. A title is for its owner and the server's owner, a link only for its owner."""
    row = {"does": activity.name, "what": activity.weights, "part": activity.part, "url": None}
    if activity.capture is not None:
        is_own = activity.capture.dataset.owner_id == user.pk
        row["what"] = activity.capture.title if is_own or user.is_superuser else "someone else's capture"
        row["url"] = reverse("capture", args=[activity.capture.pk]) if is_own else None
        return row
    if activity.run is not None:
        is_own = activity.run.owner_id == user.pk
        row["what"] = activity.run.name if is_own or user.is_superuser else "someone else's run"
        row["url"] = reverse("run", args=[activity.run.pk]) if is_own else None
        return row
    if activity.video is None:
        return row
    is_own = activity.video.owner_id == user.pk
    row["what"] = activity.video.title if is_own or user.is_superuser else "someone else's video"
    if is_own:
        row["url"] = (
            reverse("job", args=[activity.job.pk]) if activity.job else reverse("video", args=[activity.video.pk])
        )
    return row
