"""The comparison: for its owner, and for whoever has a link."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from upscaler import selectors
from upscaler.models import JobState, Share
from upscaler.publish import shares
from upscaler.publish.comparison import comparison
from upscaler.views.requests import person


@require_GET
def compare(request: HttpRequest, id: UUID) -> HttpResponse:
    """Before and after, frame by frame; with ``against``, two results of the same video."""
    job = selectors.job_get(user=person(request), id=id)
    if job.state != JobState.DONE:
        return redirect("job", job.pk)
    others = selectors.jobs_comparable_with(job)
    asked = request.GET.get("against", "")
    against = next((other for other in others if str(other.pk) == asked), None)
    if asked and against is None:
        raise Http404
    held = job.shares.filter(revoked_at__isnull=True)
    links = [(share, request.build_absolute_uri(f"/s/{share.token}/")) for share in held]
    return render(
        request,
        "upscaler/compare.html",
        comparison(job, None, against=against) | {"links": links, "others": others, "against": against},
    )


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
    response = render(request, "upscaler/share.html", comparison(found.job, found))
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response
