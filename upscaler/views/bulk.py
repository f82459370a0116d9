"""Actions on several videos at once. Each has a page that says what will happen, and a form that does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from upscaler.forms.about import BulkAboutForm
from upscaler.forms.collections import GatherForm
from upscaler.forms.job_form import JobForm
from upscaler.jobs.actions import lifecycle, trash
from upscaler.library.collections import collection_add, collection_get_or_create, collection_remove
from upscaler.library.descriptions import videos_describe
from upscaler.library.listing import in_parts
from upscaler.models import Job, JobState, Video
from upscaler.models.job import ACTIVE_STATES
from upscaler.pipeline.core.errors import Refused
from upscaler.publish import shares
from upscaler.selectors.videos import videos_of
from upscaler.site_urls import share_url
from upscaler.views.requests import person
from upscaler.views.selection import Selection, selection_of
from upscaler.wording.counts import count_of

MAX_SHOWN = 12
MAX_REFUSALS = 5
MAX_RUNS, MAX_LINKS = 200, 200
"""At once: each is planned, or gets a link, while the person waits."""

SelectionView = Callable[[HttpRequest, Selection], HttpResponse]


def _of_selection(act: SelectionView) -> Callable[[HttpRequest], HttpResponse]:
    """Turn a view of a selection into a view of a request; without a selection, it goes back to the library."""

    @require_http_methods(["GET", "POST"])
    def view(request: HttpRequest) -> HttpResponse:
        selection = selection_of(request)
        if not selection.ids:
            messages.info(request, "Select at least one video.")
            return redirect(selection.to_choose)
        return act(request, selection)

    return view


@_of_selection
def bulk_edit(request: HttpRequest, selection: Selection) -> HttpResponse:
    """Describe several videos at once."""
    form = BulkAboutForm(request.POST if request.method == "POST" else None)
    if selection.has_changed or not form.is_valid():
        return _page(request, selection, "edit", form=form)
    data = form.cleaned_data
    user = person(request)
    videos_describe(user=user, ids=selection.ids, values=form.values, add=data["add"], remove=data["remove"])
    messages.success(request, f"Changed {_count(selection)}.")
    return redirect(selection.back)


@_of_selection
def bulk_collect(request: HttpRequest, selection: Selection) -> HttpResponse:
    """Add videos to a collection, or remove them from one."""
    user = person(request)
    form = GatherForm(request.POST if request.method == "POST" else None, user=user)
    if selection.has_changed or not form.is_valid():
        return _page(request, selection, "collect", form=form)
    existing = form.cleaned_data["collection"]
    if request.POST.get("do") == "remove":
        if existing is None:
            form.add_error("collection", "Choose a collection to remove them from.")
            return _page(request, selection, "collect", form=form)
        collection_remove(collection=existing, ids=selection.ids)
        messages.success(request, f"Removed {_count(selection)} from “{existing.name}”.")
        return redirect(selection.back)
    collection = existing or collection_get_or_create(user=user, name=form.cleaned_data["name"])
    assert collection is not None  # the form requires a name
    collection_add(collection=collection, ids=selection.ids)
    messages.success(request, f"Added {_count(selection)} to “{collection.name}”.")
    return redirect(selection.back)


@_of_selection
def bulk_run(request: HttpRequest, selection: Selection) -> HttpResponse:
    """Start a job on each video, with one recipe."""
    form = JobForm(request.POST if request.method == "POST" else None, user=person(request), facts=None)
    too_many = f"Select at most {MAX_RUNS} videos (you selected {len(selection.ids):,})."
    if len(selection.ids) > MAX_RUNS:
        return _page(request, selection, "run", form=form, stopped=too_many)
    if selection.has_changed or not form.is_valid():
        return _page(request, selection, "run", form=form)
    model, recipe = form.cleaned_data["model"], form.recipe
    refusals = []
    for video in Video.objects.filter(pk__in=selection.ids).order_by("created_at"):
        try:
            lifecycle.job_create(video=video, model=model, recipe=recipe)
        except Refused as error:
            refusals.append(f"“{video.title}”: {error.message}")
    started = len(selection.ids) - len(refusals)
    if started:
        messages.success(request, f"Started {count_of(started, 'job')}.")
    for line in refusals[:MAX_REFUSALS]:
        messages.warning(request, line)
    if len(refusals) > MAX_REFUSALS:
        messages.warning(request, f"{count_of(len(refusals) - MAX_REFUSALS, 'more job')} couldn't be started.")
    return redirect(selection.back)


@_of_selection
def bulk_share(request: HttpRequest, selection: Selection) -> HttpResponse:
    """Create a link for the newest finished job of each video, and show all links."""
    user = person(request)
    newest = {id: job for batch in in_parts(selection.ids) for id, job in _newest_done(batch).items()}
    jobs = [newest[id] for id in selection.ids if id in newest]
    if request.method == "GET" or selection.has_changed or not jobs or len(jobs) > MAX_LINKS:
        stopped = "None of these videos has a finished job yet." if not jobs else ""
        if len(jobs) > MAX_LINKS:
            stopped = f"You can create at most {MAX_LINKS} links at once (you selected {len(jobs):,} finished jobs)."
        return _page(request, selection, "share", finished=len(jobs), stopped=stopped)
    created = [(job, shares.share_create(job=job, user=user)) for job in jobs]
    links = [(job, request.build_absolute_uri(share_url(share))) for job, share in created if share is not None]
    return _page(request, selection, "share", links=links)


@_of_selection
def bulk_trash(request: HttpRequest, selection: Selection) -> HttpResponse:
    """Move videos to the trash."""
    if request.method == "GET" or selection.has_changed:
        active = Job.objects.filter(state__in=ACTIVE_STATES)
        running = sum(active.filter(video__in=batch).count() for batch in in_parts(selection.ids))
        return _page(request, selection, "trash", running=running)
    count = trash.videos_trash(user=person(request), ids=selection.ids)
    messages.success(request, f"Moved {count_of(count, 'video')} to the trash.")
    return redirect(selection.back)


def _newest_done(ids: list[UUID]) -> dict[UUID, Job]:
    """Return the newest finished job of each video that has one."""
    done = Job.objects.filter(video__in=ids, state=JobState.DONE).select_related("video")
    narrow = done.defer("recipe_json", "plan_json", "receipt_json", "video__facts_json")
    return {job.video_id: job for job in narrow.order_by("created_at")}


def _count(selection: Selection) -> str:
    return count_of(len(selection.ids), "video")


def _page(
    request: HttpRequest, selection: Selection, action: str, *, form: forms.Form | None = None, **more: Any
) -> HttpResponse:
    videos = videos_of(person(request)).filter(pk__in=selection.ids[:MAX_SHOWN])
    context = {
        "action": action,
        "selection": selection,
        "count": len(selection.ids),
        "shown": [(video, video.posters[:1]) for video in videos],  # type: ignore[attr-defined]
        "more": max(0, len(selection.ids) - MAX_SHOWN),
        "form": form,
        **more,
    }
    is_wrong = form is not None and form.is_bound and not form.is_valid()
    status = 409 if selection.has_changed else 400 if is_wrong else 200
    return render(request, f"upscaler/bulk_{action}.html", context, status=status)
