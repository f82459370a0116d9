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
from upscaler.jobs.worker.activity import InHand, in_hand
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
    hands = in_hand()
    rows = [_row(worker, hands.get(worker.name, []), user) for worker in Worker.objects.all()]
    return {"workers": rows, "missing": list(liveness.missing().values())}


def _row(worker: Worker, leased: Sequence[InHand], user: User) -> dict[str, Any]:
    hands = [*leased, InHand(worker.activity)] if worker.activity else leased
    state, label = _state(worker, is_busy=bool(hands))
    speeds = [hand.fps for hand in hands if hand.fps]
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
        "hands": [_hand(hand, user) for hand in hands],
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


def _hand(hand: InHand, user: User) -> dict[str, Any]:
    """Return what a worker does. A title is for its owner and the server's owner, a link only for its owner."""
    row = {"does": hand.does, "what": hand.weights, "part": hand.part, "url": None}
    if hand.video is None:
        return row
    is_own = hand.video.owner_id == user.pk
    row["what"] = hand.video.title if is_own or user.is_superuser else "someone else's video"
    if is_own:
        row["url"] = reverse("job", args=[hand.job.pk]) if hand.job else reverse("video", args=[hand.video.pk])
    return row
