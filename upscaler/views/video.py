"""A video's page: the original, its facts, its jobs, and the form that starts another."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from upscaler.forms.about import said_about
from upscaler.forms.filters import values_of
from upscaler.forms.recipe import JobForm, values_of_job
from upscaler.jobs.actions import lifecycle
from upscaler.live.snapshots import video_snapshot
from upscaler.models import Job, Video
from upscaler.models.artifact import ArtifactKind
from upscaler.pipeline.comparison.sprite import sheet_of
from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.planning.clip_profiles import kind_of
from upscaler.pipeline.prefilters import aspect
from upscaler.selectors.choices import models_ready, presets_available
from upscaler.selectors.videos import artifact_of_video, films_of, parts_of, video_get
from upscaler.site_urls import artifact_url
from upscaler.templatetags.words import fact_rows
from upscaler.views.requests import person


@require_GET
def video(request: HttpRequest, id: UUID) -> HttpResponse:
    """Everything about one video. The form holds the filters for what it is; with ``from``, all that this job of it was
    made with."""
    found = video_get(user=person(request), id=id)
    like = _job_of(request, found)
    initial = values_of(kind_of(found.kind).filters)
    if like and found.facts:
        initial = values_of_job(like, found.facts)
    return _page(request, found, JobForm(user=person(request), facts=found.facts, initial=initial), like=like)


@require_GET
def video_status(request: HttpRequest, id: UUID) -> HttpResponse:
    """For a page whose websocket is down."""
    return JsonResponse(video_snapshot(video_get(user=person(request), id=id)))


@require_http_methods(["GET", "POST"])
def job_start(request: HttpRequest, id: UUID) -> HttpResponse:
    """Start a job with what the form says. Who comes back to this address gets the video's page."""
    found = video_get(user=person(request), id=id)
    if request.method == "GET":
        return redirect("video", found.pk)
    form = JobForm(request.POST, user=person(request), facts=found.facts)
    if not form.is_valid():
        return _page(request, found, form, status=400)
    try:
        job = lifecycle.job_create(video=found, model=form.cleaned_data["model"], recipe=form.recipe)
    except Refused as error:
        form.add_error(None, error.message)
        return _page(request, found, form, status=400)
    return redirect("job", job.pk)


@require_POST
def video_measure(request: HttpRequest, id: UUID) -> HttpResponse:
    """Look once more at a video that was refused."""
    found = video_get(user=person(request), id=id)
    lifecycle.video_measure_again(video=found)
    return redirect("video", found.pk)


def _job_of(request: HttpRequest, found: Video) -> Job | None:
    """The job that is to be run again. Raises Http404 for one that this video does not have."""
    if "from" not in request.GET:
        return None
    try:
        id = UUID(request.GET["from"])
    except ValueError:
        raise Http404 from None
    return get_object_or_404(found.jobs.select_related("model").filter(import_json__isnull=True), pk=id)


def _page(
    request: HttpRequest, found: Video, form: JobForm, status: int = 200, like: Job | None = None
) -> HttpResponse:
    proxy = artifact_of_video(found, ArtifactKind.PROXY)
    poster = artifact_of_video(found, ArtifactKind.POSTER)
    original = artifact_of_video(found, ArtifactKind.ORIGINAL)
    facts = found.facts
    context = {
        "video": found,
        "facts": facts,
        "damage": [row.sentence for row in fact_rows(facts) if row.name == "Damage"] if facts else [],
        "proxy": artifact_url(proxy) if proxy else None,
        "original": artifact_url(original) if original else None,
        "proxy_size": proxy,
        "poster": artifact_url(poster) if poster else None,
        "jobs": found.jobs.select_related("model").order_by("-created_at"),
        "brought": found.brought.filter(trashed_at__isnull=True).order_by("-created_at"),
        "chunk_bytes": settings.UPLOAD_CHUNK_BYTES,
        "max_bytes": settings.ENVIRONMENT.limits.max_bytes,
        "form": form,
        "like": like,
        "parts": parts_of(found),
        "films": films_of(found),
        "said": said_about(found),
        "tags": found.tags.all(),
        "collections": found.collections.all(),
        "scrubber": _scrubber(found, facts) if facts else None,
        "sizes": _sizes(facts) if facts else None,
        "snapshot": video_snapshot(found),
    }
    return render(request, "upscaler/video.html", context, status=status)


def _scrubber(found: Video, facts: Facts) -> dict[str, Any]:
    """What static/upscaler/js/trim-bar.js has to know; without small pictures, "sprite" is None."""
    picture = artifact_of_video(found, ArtifactKind.SPRITE)
    return {
        "frames": facts.frames,
        "rate": [facts.rate.numerator, facts.rate.denominator],
        "begins": float(facts.begins),
        "sprite": artifact_url(picture) if picture else None,
        "sheet": asdict(sheet_of(facts)),
    }


def _sizes(facts: Facts) -> dict[str, Any]:
    """What the form has to know to say how large the result will be."""
    width, height = aspect.size(facts, Recipe())
    return {
        "width": width,
        "height": height,
        "models": {str(model.pk): model.scale for model in models_ready()},
        "presets": {
            preset.name: {"description": reason or preset.description, "height": preset.height, "plays": preset.plays}
            for preset, reason in presets_available()
        },
    }
