"""The comparison: its page for its owner, and what it is made of for whoever has a link."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from upscaler import selectors
from upscaler.models import JobState
from upscaler.publish.comparison import comparison
from upscaler.views import links
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
    context = comparison(job, None, against=against) | {"others": others, "against": against}
    return render(request, "upscaler/compare.html", context | links.panel(request, job))
