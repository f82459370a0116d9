"""A job's page, on which its owner watches, pauses and cancels it and downloads the result."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from csp.decorators import csp_update
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from upscaler.jobs.actions import lifecycle, removal
from upscaler.library.applied_steps import applied_steps
from upscaler.live.snapshots import job_snapshot
from upscaler.models import Job, JobState
from upscaler.models.artifact import ArtifactKind
from upscaler.models.job import RENDERABLE_STATES, WITHOUT_SEGMENTS
from upscaler.pipeline.core.presets import PRESETS
from upscaler.selectors.jobs import artifact_of_job, job_get, stills_of
from upscaler.site_urls import artifact_url
from upscaler.views import links
from upscaler.views.requests import person

NO_PICTURE = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='{}' height='{}'/%3E"
"""A placeholder of the first pictures, so that nothing moves when they load."""


@require_GET
@csp_update({"media-src": ["blob:"]})  # type: ignore[arg-type]  # what is played while it renders is fed by a script
def job(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show a job's stage, progress, live frames and log."""
    job = job_get(user=person(request), id=id)
    is_done = job.state == JobState.DONE  # before, or after a failure, nothing is published
    result = artifact_of_job(job, ArtifactKind.RESULT) if is_done else None
    playable = artifact_of_job(job, ArtifactKind.PLAYABLE) or result if is_done else None
    receipt = artifact_of_job(job, ArtifactKind.RECEIPT) if is_done else None
    context: dict[str, Any] = {
        "job": job,
        "renderable": RENDERABLE_STATES,
        "plan": job.plan,
        "preset": PRESETS.get(job.recipe.preset),
        "imported_result": job.imported_result,
        "done": applied_steps(job.video.facts, job.recipe, job.plan) if job.video.facts else [],
        "has_segments": job.segments.exclude(key="").exists(),
        "snapshot": job_snapshot(job),
        "no_picture": NO_PICTURE.format(job.plan.network.width, job.plan.network.height),
        "poster": _poster(job),
        "result": result,
        "result_url": artifact_url(result) if result else None,
        "shown": playable,
        "shown_url": artifact_url(playable) if playable else None,
        "receipt_url": artifact_url(receipt) if receipt else None,
        "receipt": job.receipt_json,
    }
    if not is_done:  # then its links are on the page of the comparison
        context |= links.panel(request, job)
    if job.state not in WITHOUT_SEGMENTS:
        playlist = reverse("job-playlist", args=[job.pk])
        context |= {"playlist": playlist, "watchable": context["snapshot"]["watchable"]}
    return render(request, "upscaler/job.html", context)


@require_GET
def job_status(request: HttpRequest, id: UUID) -> HttpResponse:
    """For a page whose websocket is down."""
    return JsonResponse(job_snapshot(job_get(user=person(request), id=id)))


@require_POST
def job_cancel(request: HttpRequest, id: UUID) -> HttpResponse:
    """Cancel a job."""
    job = job_get(user=person(request), id=id)
    if not removal.job_cancel(job=job):
        messages.info(request, "This job has already finished.")
    return _back(request, job)


@require_POST
def job_pause(request: HttpRequest, id: UUID) -> HttpResponse:
    """Pause a job."""
    job = job_get(user=person(request), id=id)
    if not lifecycle.job_pause(job=job):
        messages.info(request, "Only queued or running jobs can be paused.")
    return _back(request, job)


@require_POST
def job_resume(request: HttpRequest, id: UUID) -> HttpResponse:
    """Resume a paused job."""
    job = job_get(user=person(request), id=id)
    if not lifecycle.job_resume(job=job):
        messages.info(request, "The job is no longer paused.")
    return _back(request, job)


@require_POST
def job_retry(request: HttpRequest, id: UUID) -> HttpResponse:
    """Retry a failed job."""
    job = job_get(user=person(request), id=id)
    if not lifecycle.job_retry(job=job):
        messages.info(request, "Only failed jobs can be retried.")
    return redirect("job", job.pk)


@require_POST
def job_delete(request: HttpRequest, id: UUID) -> HttpResponse:
    """Delete a job with its result."""
    job = job_get(user=person(request), id=id)
    removal.job_delete(job=job)
    messages.success(request, "Deleted the job.")
    return redirect("video", job.video_id)


def _poster(job: Job) -> str | None:
    """Return the URL of a picture from the middle of the result; None while there is none."""
    stills = stills_of(job)
    return artifact_url(stills[len(stills) // 2][1]) if stills else None


def _back(request: HttpRequest, job: Job) -> HttpResponse:
    """Redirect to the page of the button that was pressed."""
    return redirect("queue") if request.POST.get("on") == "queue" else redirect("job", job.pk)
