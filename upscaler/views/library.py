"""The library: all of a person's videos."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from upscaler import selectors
from upscaler.models import Video, VideoState
from upscaler.views.requests import person

PAGE_VIDEOS = 48


@require_GET
def library(request: HttpRequest) -> HttpResponse:
    """Cards, newest first, a page at a time. With ``select=1``, cards are chosen, not opened."""
    page = Paginator(selectors.videos_of(person(request)), PAGE_VIDEOS).get_page(request.GET.get("page"))
    cards = [_card(video) for video in page.object_list]
    can_join = sum(card["can_join"] for card in cards) > 1
    context = {"page": page, "cards": cards, "can_join": can_join, "selecting": request.GET.get("select") == "1"}
    return render(request, "upscaler/library.html", context)


@require_GET
def library_states(request: HttpRequest) -> HttpResponse:
    """The states of the cards that a page shows, while something on it is under way."""
    try:
        ids = [UUID(id) for id in request.GET.get("ids", "").split(",") if id][:PAGE_VIDEOS]
    except ValueError:
        return JsonResponse({"error": "These are not ids of videos."}, status=400)
    videos = selectors.videos_of(person(request)).filter(pk__in=ids)
    return JsonResponse({str(video.pk): _state(video) for video in videos})


def _card(video: Video) -> dict[str, Any]:
    posters = video.posters  # type: ignore[attr-defined]
    facts = video.facts
    return {
        **_state(video),
        "video": video,
        "poster": selectors.artifact_url(posters[0]) if posters else None,
        "seconds": facts.duration if facts else None,
        "can_join": facts is not None and video.state == VideoState.READY,
    }


def _state(video: Video) -> dict[str, Any]:
    """What the card says: about the newest job if there is one, else about the video, whose state is "video"."""
    jobs = video.newest_jobs  # type: ignore[attr-defined]
    if jobs:
        job = jobs[0]
        return {
            "video": video.state,
            "state": job.state,
            "label": job.get_state_display(),
            "done": job.frames_done,
            "total": job.frames_total,
            "is_active": job.is_active,
            "waits_for": job.waits_for,
        }
    is_active = video.state not in ("ready", "refused")
    label = "Not upscaled yet" if video.state == "ready" else video.get_state_display()
    return {
        "video": video.state,
        "state": video.state,
        "label": label,
        "done": 0,
        "total": 0,
        "is_active": is_active,
        "waits_for": "",
    }
