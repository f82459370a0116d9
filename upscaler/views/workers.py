"""The workers: who is there, on which machine, and what each has in hand."""

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

DOES = {"gpu": "Renders", "cpu": "Measures and puts together"}


@require_GET
def workers(request: HttpRequest) -> HttpResponse:
    """One row a process, of all machines."""
    return render(request, "upscaler/workers.html", _rows(person(request)))


@require_GET
def workers_states(request: HttpRequest) -> HttpResponse:
    """The same for a page that is open."""
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
        "does": DOES[worker.queue],
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
    """What a style sheet and what a person calls it."""
    if worker.is_silent:
        return "silent", "Silent"
    if worker.refuses:
        return "refusing", "Takes no work"
    if worker.is_stopping:
        return "stopping", "Stopping"
    return ("working", "At work") if is_busy else ("idle", "Waits for work")


def _heard(worker: Worker) -> str:
    """How long ago its last heartbeat was; a clock that is a little ahead is not the future."""
    now = timezone.now()
    return "just now" if worker.heartbeat_at >= now else str(naturaltime(worker.heartbeat_at)).replace("\xa0", " ")


def _hand(hand: InHand, user: User) -> dict[str, Any]:
    """Titles are their owners', and the server's owner's; where it leads to is their owners' alone."""
    found = {"does": hand.does, "what": hand.weights, "part": hand.part, "url": None}
    if hand.video is None:
        return found
    is_own = hand.video.owner_id == user.pk
    found["what"] = hand.video.title if is_own or user.is_superuser else "somebody else's video"
    if is_own:
        found["url"] = reverse("job", args=[hand.job.pk]) if hand.job else reverse("video", args=[hand.video.pk])
    return found
