"""Clips to post: the owner of a comparison creates, retries and deletes them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from upscaler.jobs.actions import posts
from upscaler.models import Job, Post
from upscaler.pipeline.core.errors import Refused
from upscaler.selectors.jobs import job_get
from upscaler.selectors.posts import post_get
from upscaler.views import compare
from upscaler.views.post_panel import form_of, row
from upscaler.views.requests import person

NEW = "Added to the list."
KNOWN = "That clip is already in the list."


@require_POST
def post_create(request: HttpRequest, id: UUID) -> HttpResponse:
    """Create a clip. htmx gets the form back, and the row of a new clip."""
    job = job_get(user=person(request), id=id)
    form = form_of(job, request.POST)
    post, is_new = None, False
    if form.is_valid():
        try:
            post, is_new = posts.post_create(job=job, user=person(request), recipe=form.recipe)
        except Refused as error:
            form.add_error(None, error.message)
    message = "" if post is None else NEW if is_new else KNOWN
    if _is_htmx(request):
        context = {
            "job": job,
            "post_form": form,
            "message": message,
            "row": row(post) if post else None,
            "is_new": is_new,
        }
        return render(request, "upscaler/parts/post_answer.html", context)
    if post is None:
        return compare.page(request, job, post_form=form, status=400)
    messages.success(request, message)
    return _back(job)


@require_GET
def post_row(request: HttpRequest, id: UUID) -> HttpResponse:
    """Render the row of a clip for htmx; 204 while the page shows the same."""
    current = row(post_get(user=person(request), id=id))
    if request.GET.get("seen") == current["seen"]:
        return HttpResponse(status=204)
    return render(request, "upscaler/parts/post_row.html", {"row": current})


@require_POST
def post_retry(request: HttpRequest, id: UUID) -> HttpResponse:
    """Retry a failed clip."""
    post = post_get(user=person(request), id=id)
    posts.post_retry(post=post)
    return _answer(request, post)


@require_POST
def post_delete(request: HttpRequest, id: UUID) -> HttpResponse:
    """Delete a clip."""
    post = post_get(user=person(request), id=id)
    posts.post_delete(post=post)
    if _is_htmx(request):
        return HttpResponse()
    messages.success(request, "Deleted the clip.")
    return _back(post.job)


def _answer(request: HttpRequest, post: Post) -> HttpResponse:
    if _is_htmx(request):
        return render(request, "upscaler/parts/post_row.html", {"row": row(post)})
    return _back(post.job)


def _is_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _back(job: Job) -> HttpResponse:
    return redirect(f"{reverse('compare', args=[job.pk])}#post")
