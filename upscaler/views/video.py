"""A video's page: the original, its facts, its jobs, and the form that starts another."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from upscaler import selectors
from upscaler.forms.recipe import JobForm
from upscaler.jobs import lifecycle
from upscaler.models import Video
from upscaler.models.artifact import ArtifactKind
from upscaler.pipeline.errors import Refused
from upscaler.views.requests import person


@require_GET
def video(request: HttpRequest, id: UUID) -> HttpResponse:
    """Everything about one video."""
    found = selectors.video_get(user=person(request), id=id)
    return _page(request, found, JobForm(user=person(request)))


@require_GET
def video_status(request: HttpRequest, id: UUID) -> HttpResponse:
    """For a page whose websocket is down."""
    return JsonResponse(selectors.video_snapshot(selectors.video_get(user=person(request), id=id)))


@require_POST
def job_start(request: HttpRequest, id: UUID) -> HttpResponse:
    """Start a job with what the form says."""
    found = selectors.video_get(user=person(request), id=id)
    form = JobForm(request.POST, user=person(request))
    if not form.is_valid():
        return _page(request, found, form, status=400)
    try:
        job = lifecycle.job_create(video=found, model=form.cleaned_data["model"], recipe=form.recipe)
    except Refused as error:
        form.add_error(None, error.message)
        return _page(request, found, form, status=400)
    return redirect("job", job.pk)


@require_POST
def video_rename(request: HttpRequest, id: UUID) -> HttpResponse:
    """Give a video another title."""
    found = selectors.video_get(user=person(request), id=id)
    title = " ".join(request.POST.get("title", "").split())[:200]
    if title:
        Video.objects.filter(pk=found.pk).update(title=title)
    return redirect("video", found.pk)


@require_POST
def video_delete(request: HttpRequest, id: UUID) -> HttpResponse:
    """Remove a video with everything that was made of it."""
    found = selectors.video_get(user=person(request), id=id)
    lifecycle.video_delete(video=found)
    messages.success(request, f"“{found.title}” is deleted.")
    return redirect("library")


def _page(request: HttpRequest, found: Video, form: JobForm, status: int = 200) -> HttpResponse:
    proxy = selectors.artifact_of_video(found, ArtifactKind.PROXY)
    poster = selectors.artifact_of_video(found, ArtifactKind.POSTER)
    original = selectors.artifact_of_video(found, ArtifactKind.ORIGINAL)
    context = {
        "video": found,
        "facts": found.facts,
        "proxy": selectors.artifact_url(proxy) if proxy else None,
        "original": selectors.artifact_url(original) if original else None,
        "proxy_size": proxy,
        "poster": selectors.artifact_url(poster) if poster else None,
        "jobs": found.jobs.select_related("model").order_by("-created_at"),
        "form": form,
        "snapshot": selectors.video_snapshot(found),
    }
    return render(request, "upscaler/video.html", context, status=status)
