"""The comparison: for its owner, and for whoever has a link."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from upscaler import selectors
from upscaler.models import Job, JobState, Share
from upscaler.models.artifact import ArtifactKind
from upscaler.publish import shares
from upscaler.views.requests import person


@require_GET
def compare(request: HttpRequest, id: UUID) -> HttpResponse:
    """Stills under a slider, and both videos side by side."""
    job = selectors.job_get(user=person(request), id=id)
    if job.state != JobState.DONE:
        return redirect("job", job.pk)
    held = job.shares.filter(revoked_at__isnull=True)
    links = [(share, request.build_absolute_uri(f"/s/{share.token}/")) for share in held]
    return render(request, "upscaler/compare.html", _comparison(job, None) | {"links": links})


@require_POST
def share_create(request: HttpRequest, id: UUID) -> HttpResponse:
    """Make a link to a comparison."""
    job = selectors.job_get(user=person(request), id=id)
    if shares.share_create(job=job, user=person(request)) is None:
        messages.error(request, "There is nothing to share before the job is done.")
    return redirect("compare", job.pk)


@require_POST
def share_revoke(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take a link back."""
    share = Share.objects.filter(pk=id, job__video__owner=person(request)).first()
    if share is None:
        raise Http404
    shares.share_revoke(share=share)
    messages.success(request, "The link no longer works.")
    return redirect("compare", share.job_id)


@login_not_required
@never_cache
@require_GET
def share(request: HttpRequest, token: str) -> HttpResponse:
    """The comparison behind a link: no names, no originals, nothing for search engines."""
    found = selectors.share_get(token=token)
    response = render(request, "upscaler/share.html", _comparison(found.job, found))
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response


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
