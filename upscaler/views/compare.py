"""The comparison page of a job's owner."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from upscaler.forms.posting import PostForm
from upscaler.models import Job, JobState
from upscaler.publish.comparison import comparison, is_ready
from upscaler.selectors.jobs import job_get, jobs_comparable_with
from upscaler.views import links, post_panel
from upscaler.views.requests import person


@require_GET
def compare(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show before and after, frame by frame; with ``against``, two results of the same video."""
    job = job_get(user=person(request), id=id)
    if job.state != JobState.DONE:
        return redirect("job", job.pk)
    return page(request, job, against_id=request.GET.get("against", ""))


@require_GET
def compare_status(request: HttpRequest, id: UUID) -> HttpResponse:
    """Return whether the comparison is ready, for its page while it waits."""
    return JsonResponse({"is_ready": is_ready(job_get(user=person(request), id=id))})


def page(
    request: HttpRequest, job: Job, *, against_id: str = "", post_form: PostForm | None = None, status: int = 200
) -> HttpResponse:
    """Render the comparison of a done job. Raises Http404 if ``against_id`` is not another result of the video."""
    others = jobs_comparable_with(job)
    against = next((other for other in others if str(other.pk) == against_id), None)
    if against_id and against is None:
        raise Http404
    context = comparison(job, None, against=against) | {"others": others, "against": against}
    context |= links.panel(request, job)
    if against is None:
        context |= post_panel.panel(job, post_form)
    return render(request, "upscaler/compare.html", context, status=status)
