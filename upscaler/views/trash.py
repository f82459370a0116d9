"""The trash: what was deleted can be had back for a time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from upscaler.jobs.actions import lifecycle
from upscaler.jobs.actions.trash import trash_empty, trash_of, videos_restore, videos_trash
from upscaler.models import Video
from upscaler.selectors.videos import video_get, with_cards
from upscaler.site_urls import artifact_url
from upscaler.views.requests import person

PAGE_VIDEOS = 48


@require_GET
def trash(request: HttpRequest) -> HttpResponse:
    """What is in it, with the day on which it will be gone."""
    rows = with_cards(trash_of(person(request)).defer("facts_json"))
    page = Paginator(rows, PAGE_VIDEOS).get_page(request.GET.get("page"))
    context = {"page": page, "cards": [_card(video) for video in page.object_list], "days": _days()}
    return render(request, "upscaler/trash.html", context)


@require_POST
def video_trash(request: HttpRequest, id: UUID) -> HttpResponse:
    """Move a video to the trash."""
    found = video_get(user=person(request), id=id)
    videos_trash(user=person(request), ids=[found.pk])
    messages.success(request, f"“{found.title}” is in the trash.")
    return redirect("library")


@require_POST
def trash_restore(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take a video out of it."""
    found = _get(request, id)
    videos_restore(user=person(request), ids=[found.pk])
    messages.success(request, f"“{found.title}” is back in your library.")
    return redirect("trash")


@require_POST
def trash_delete(request: HttpRequest, id: UUID) -> HttpResponse:
    """Remove a video with everything that was made of it, for good."""
    found = _get(request, id)
    lifecycle.video_delete(video=found)
    messages.success(request, f"“{found.title}” is deleted.")
    return redirect("trash")


@require_POST
def trash_clear(request: HttpRequest) -> HttpResponse:
    """Remove all that is in it, for good."""
    count = trash_empty(user=person(request))
    messages.success(request, f"{count:,} video{'s are' if count != 1 else ' is'} deleted.")
    return redirect("trash")


def _card(video: Video) -> dict[str, Any]:
    posters = video.posters  # type: ignore[attr-defined]
    return {
        "video": video,
        "poster": artifact_url(posters[0]) if posters else None,
        "gone_at": video.trashed_at + timedelta(days=_days()) if video.trashed_at else None,
    }


def _days() -> float:
    days: float = settings.ENVIRONMENT.trash_days
    return days


def _get(request: HttpRequest, id: UUID) -> Video:
    """Raises Http404 unless it is the person's own, and in the trash."""
    found = trash_of(person(request)).filter(pk=id).first()
    if found is None:
        raise Http404
    return found
