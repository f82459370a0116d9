"""A video's page: the original, its details, its jobs, and the form that starts one."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from upscaler.forms.about import description_rows
from upscaler.forms.filter_fields import values_of
from upscaler.forms.job_form import JobForm, values_of_job
from upscaler.jobs.actions import lifecycle
from upscaler.library.fact_rows import fact_rows
from upscaler.live.snapshots import video_snapshot
from upscaler.models import Job, Video
from upscaler.models.artifact import ArtifactKind
from upscaler.pipeline.comparison.sprite import sprite_layout
from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.planning.clip_profiles import clip_profile
from upscaler.pipeline.prefilters import aspect
from upscaler.selectors.choices import models_ready, presets_available
from upscaler.selectors.videos import artifact_of_video, films_of, parts_of, video_get
from upscaler.site_urls import artifact_url
from upscaler.views.requests import person


@require_GET
def video(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show a video. The form starts with the filters of its kind; with ``from``, with the settings of that job."""
    video = video_get(user=person(request), id=id)
    like = _job_of(request, video)
    initial = values_of(clip_profile(video.kind).filters)
    if like and video.facts:
        initial = values_of_job(like, video.facts)
    return _page(request, video, JobForm(user=person(request), facts=video.facts, initial=initial), like=like)


@require_GET
def video_status(request: HttpRequest, id: UUID) -> HttpResponse:
    """Return the snapshot of a video, for a page whose websocket is down."""
    return JsonResponse(video_snapshot(video_get(user=person(request), id=id)))


@require_http_methods(["GET", "POST"])
def job_start(request: HttpRequest, id: UUID) -> HttpResponse:
    """Start a job. GET shows the video's page."""
    video = video_get(user=person(request), id=id)
    if request.method == "GET":
        return redirect("video", video.pk)
    form = JobForm(request.POST, user=person(request), facts=video.facts)
    if not form.is_valid():
        return _page(request, video, form, status=400)
    try:
        job = lifecycle.job_create(video=video, model=form.cleaned_data["model"], recipe=form.recipe)
    except Refused as error:
        form.add_error(None, error.message)
        return _page(request, video, form, status=400)
    return redirect("job", job.pk)


@require_POST
def video_measure(request: HttpRequest, id: UUID) -> HttpResponse:
    """Analyse a refused video again."""
    video = video_get(user=person(request), id=id)
    lifecycle.video_measure_again(video=video)
    return redirect("video", video.pk)


def _job_of(request: HttpRequest, video: Video) -> Job | None:
    """Return the job whose settings the form starts with. Raises Http404 unless it is one of this video."""
    if "from" not in request.GET:
        return None
    try:
        id = UUID(request.GET["from"])
    except ValueError:
        raise Http404 from None
    return get_object_or_404(video.jobs.select_related("model").filter(import_json__isnull=True), pk=id)


def _page(
    request: HttpRequest, video: Video, form: JobForm, status: int = 200, like: Job | None = None
) -> HttpResponse:
    proxy = artifact_of_video(video, ArtifactKind.PROXY)
    poster = artifact_of_video(video, ArtifactKind.POSTER)
    original = artifact_of_video(video, ArtifactKind.ORIGINAL)
    facts = video.facts
    context = {
        "video": video,
        "facts": facts,
        "damage": [row.sentence for row in fact_rows(facts) if row.name == "Damage"] if facts else [],
        "proxy": artifact_url(proxy) if proxy else None,
        "original": artifact_url(original) if original else None,
        "proxy_size": proxy,
        "poster": artifact_url(poster) if poster else None,
        "jobs": video.jobs.select_related("model").order_by("-created_at"),
        "imports": video.imports.filter(trashed_at__isnull=True).order_by("-created_at"),
        "chunk_bytes": settings.UPLOAD_CHUNK_BYTES,
        "max_bytes": settings.ENVIRONMENT.limits.max_bytes,
        "form": form,
        "like": like,
        "parts": parts_of(video),
        "films": films_of(video),
        "said": description_rows(video),
        "tags": video.tags.all(),
        "collections": video.collections.all(),
        "scrubber": _scrubber(video, facts) if facts else None,
        "sizes": _sizes(facts) if facts else None,
        "snapshot": video_snapshot(video),
    }
    return render(request, "upscaler/video.html", context, status=status)


def _scrubber(video: Video, facts: Facts) -> dict[str, Any]:
    """Return the data of static/upscaler/js/trim-bar.js; "sprite" is None while there are no small pictures."""
    picture = artifact_of_video(video, ArtifactKind.SPRITE)
    return {
        "frames": facts.frames,
        "rate": [facts.rate.numerator, facts.rate.denominator],
        "begins": float(facts.begins),
        "sprite": artifact_url(picture) if picture else None,
        "sheet": asdict(sprite_layout(facts)),
    }


def _sizes(facts: Facts) -> dict[str, Any]:
    """Return what the form needs to show the size of the result."""
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
