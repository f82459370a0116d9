"""A job's page: watch it, pause it, cancel it, take its result."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from csp.decorators import csp_update
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from upscaler.jobs.actions import lifecycle
from upscaler.live.snapshots import job_snapshot
from upscaler.models import Job, JobState
from upscaler.models.artifact import ArtifactKind
from upscaler.models.job import RENDERABLE_STATES, WITHOUT_SEGMENTS
from upscaler.pipeline.core.presets import PRESETS
from upscaler.selectors.jobs import artifact_of_job, job_get, stills_of
from upscaler.site_urls import artifact_url
from upscaler.views import links
from upscaler.views.done import done_in_words
from upscaler.views.requests import person

NO_PICTURE = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='{}' height='{}'/%3E"
"""Holds the place of the first pictures, so that nothing moves when they come."""


@require_GET
@csp_update({"media-src": ["blob:"]})  # type: ignore[arg-type]  # what is played while it renders is fed by a script
def job(request: HttpRequest, id: UUID) -> HttpResponse:
    """Stage, progress, live frames and log."""
    found = job_get(user=person(request), id=id)
    is_done = found.state == JobState.DONE  # before, or after a failure, nothing is published
    result = artifact_of_job(found, ArtifactKind.RESULT) if is_done else None
    shown = artifact_of_job(found, ArtifactKind.PLAYABLE) or result if is_done else None
    receipt = artifact_of_job(found, ArtifactKind.RECEIPT) if is_done else None
    context: dict[str, Any] = {
        "job": found,
        "renderable": RENDERABLE_STATES,
        "plan": found.plan,
        "preset": PRESETS.get(found.recipe.preset),
        "brought": found.brought,
        "done": done_in_words(found.video.facts, found.recipe, found.plan) if found.video.facts else [],
        "has_segments": found.segments.exclude(key="").exists(),
        "snapshot": job_snapshot(found),
        "no_picture": NO_PICTURE.format(found.plan.network.width, found.plan.network.height),
        "poster": _poster(found),
        "result": result,
        "result_url": artifact_url(result) if result else None,
        "shown": shown,
        "shown_url": artifact_url(shown) if shown else None,
        "receipt_url": artifact_url(receipt) if receipt else None,
        "receipt": found.receipt_json,
    }
    if not is_done:  # then its links are on the page of the comparison
        context |= links.panel(request, found)
    if found.state not in WITHOUT_SEGMENTS:
        playlist = reverse("job-playlist", args=[found.pk])
        context |= {"playlist": playlist, "watchable": context["snapshot"]["watchable"]}
    return render(request, "upscaler/job.html", context)


@require_GET
def job_status(request: HttpRequest, id: UUID) -> HttpResponse:
    """For a page whose websocket is down."""
    return JsonResponse(job_snapshot(job_get(user=person(request), id=id)))


@require_POST
def job_cancel(request: HttpRequest, id: UUID) -> HttpResponse:
    """Stop a job."""
    found = job_get(user=person(request), id=id)
    if not lifecycle.job_cancel(job=found):
        messages.info(request, "The job had already ended.")
    return _back(request, found)


@require_POST
def job_pause(request: HttpRequest, id: UUID) -> HttpResponse:
    """Leave a job alone until it is resumed."""
    found = job_get(user=person(request), id=id)
    if not lifecycle.job_pause(job=found):
        messages.info(request, "Only a job that waits or is being upscaled can be paused.")
    return _back(request, found)


@require_POST
def job_resume(request: HttpRequest, id: UUID) -> HttpResponse:
    """Go on with a job that was paused."""
    found = job_get(user=person(request), id=id)
    if not lifecycle.job_resume(job=found):
        messages.info(request, "The job was not paused any more.")
    return _back(request, found)


@require_POST
def job_retry(request: HttpRequest, id: UUID) -> HttpResponse:
    """Go on with a job that failed."""
    found = job_get(user=person(request), id=id)
    if not lifecycle.job_retry(job=found):
        messages.info(request, "Only a job that failed can be started again.")
    return redirect("job", found.pk)


@require_POST
def job_delete(request: HttpRequest, id: UUID) -> HttpResponse:
    """Remove a job with its result."""
    found = job_get(user=person(request), id=id)
    lifecycle.job_delete(job=found)
    messages.success(request, "The job is deleted.")
    return redirect("video", found.video_id)


def _poster(found: Job) -> str | None:
    """The address of a picture of the result, from the middle of it, once there is one."""
    stills = stills_of(found)
    return artifact_url(stills[len(stills) // 2][1]) if stills else None


def _back(request: HttpRequest, found: Job) -> HttpResponse:
    """To the page that the button was on."""
    return redirect("queue") if request.POST.get("on") == "queue" else redirect("job", found.pk)
