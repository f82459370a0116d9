"""The comparison: its page for its owner, and what it is made of for whoever has a link."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from upscaler import selectors
from upscaler.models import Job, JobState, Share
from upscaler.models.artifact import ArtifactKind
from upscaler.views import links
from upscaler.views.requests import person


@require_GET
def compare(request: HttpRequest, id: UUID) -> HttpResponse:
    """Stills under a slider, and both videos side by side."""
    job = selectors.job_get(user=person(request), id=id)
    if job.state != JobState.DONE:
        return redirect("job", job.pk)
    return render(request, "upscaler/compare.html", _comparison(job, None) | links.panel(request, job))


def _comparison(job: Job, share: Share | None) -> dict[str, Any]:
    result = selectors.artifact_of_job(job, ArtifactKind.RESULT)
    shown = selectors.artifact_of_job(job, ArtifactKind.PLAYABLE) or result
    before = selectors.artifact_of_job(job, ArtifactKind.BEFORE)
    whole = None if job.plan.is_trimmed else job.video  # what a trim cuts off is nobody else's to see
    proxy = before or (selectors.artifact_of_video(whole, ArtifactKind.PROXY) if whole else None)
    poster = selectors.artifact_of_video(whole, ArtifactKind.POSTER) if whole else None
    stills = [
        {
            "before": selectors.artifact_url(before, share),
            "after": selectors.artifact_url(after, share),
            "frame": after.frame,
            "seconds": float((after.frame or 0) / job.plan.rate),
            "width": after.width,
            "height": after.height,
        }
        for before, after in selectors.stills_of(job)
    ]
    return {
        "job": job,
        "plan": job.plan,
        "facts": job.video.facts,
        "stills": stills,
        "result": selectors.artifact_url(result, share) if result else None,
        "shown": selectors.artifact_url(shown, share) if shown else None,
        "proxy": selectors.artifact_url(proxy, share) if proxy else None,
        "no_copy": "No copy that browsers play could be made." if job.extras_error or job.video.extras_error else "",
        "poster": selectors.artifact_url(poster, share) if poster else None,
    }
