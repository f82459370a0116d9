"""The trash, from which deleted videos can be restored for some time."""

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

from upscaler.jobs.actions import removal
from upscaler.jobs.actions.trash import trash_empty, trash_of, videos_restore, videos_trash
from upscaler.models import Video
from upscaler.selectors.videos import video_get, with_cards
from upscaler.site_urls import artifact_url
from upscaler.views.requests import person
from upscaler.wording.counts import count_of

PAGE_VIDEOS = 48


@require_GET
def trash(request: HttpRequest) -> HttpResponse:
    """List the videos in the trash, each with the day on which it is permanently deleted."""
    rows = with_cards(trash_of(person(request)).defer("facts_json"))
    page = Paginator(rows, PAGE_VIDEOS).get_page(request.GET.get("page"))
    context = {"page": page, "cards": [_card(video) for video in page.object_list], "days": _days()}
    return render(request, "upscaler/trash.html", context)


@require_POST
def video_trash(request: HttpRequest, id: UUID) -> HttpResponse:
    """Move a video to the trash."""
    video = video_get(user=person(request), id=id)
    videos_trash(user=person(request), ids=[video.pk])
    messages.success(request, f"Moved “{video.title}” to the trash.")
    return redirect("library")


@require_POST
def trash_restore(request: HttpRequest, id: UUID) -> HttpResponse:
    """Restore a video."""
    video = _get(request, id)
    videos_restore(user=person(request), ids=[video.pk])
    messages.success(request, f"Restored “{video.title}”.")
    return redirect("trash")


@require_POST
def trash_delete(request: HttpRequest, id: UUID) -> HttpResponse:
    """Permanently delete a video and all its results."""
    video = _get(request, id)
    removal.video_delete(video=video)
    messages.success(request, f"Permanently deleted “{video.title}”.")
    return redirect("trash")


@require_POST
def trash_clear(request: HttpRequest) -> HttpResponse:
    """Permanently delete everything in the trash."""
    count = trash_empty(user=person(request))
    messages.success(request, f"Permanently deleted {count_of(count, 'video')}.")
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
    """Return a video. Raises Http404 unless it is the person's own and in the trash."""
    video = trash_of(person(request)).filter(pk=id).first()
    if video is None:
        raise Http404
    return video
