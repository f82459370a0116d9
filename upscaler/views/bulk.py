"""What is done to several videos at once: a page that says what will happen, and the form that does it."""

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
from upscaler.forms.recipe import JobForm
from upscaler.jobs.actions import lifecycle, trash
from upscaler.library.about import videos_describe
from upscaler.library.collections import collection_add, collection_get_or_create, collection_remove
from upscaler.library.listing import in_parts
from upscaler.models import Job, JobState, Video
from upscaler.models.job import ACTIVE_STATES
from upscaler.pipeline.core.errors import Refused
from upscaler.publish import shares
from upscaler.selectors.videos import videos_of
from upscaler.site_urls import share_url
from upscaler.views.requests import person
from upscaler.views.selection import Selection, selection_of

MOST_SHOWN = 12
MOST_RUNS, MOST_LINKS = 200, 200
"""At once: each is planned, or written down, while the person waits."""

Act = Callable[[HttpRequest, Selection], HttpResponse]


def _of_chosen(act: Act) -> Callable[[HttpRequest], HttpResponse]:
    """A view of what was chosen; without any, back to the library."""

    @require_http_methods(["GET", "POST"])
    def view(request: HttpRequest) -> HttpResponse:
        selection = selection_of(request)
        if not selection.ids:
            messages.info(request, "Choose at least one video.")
            return redirect(selection.to_choose)
        return act(request, selection)

    return view


@_of_chosen
def bulk_edit(request: HttpRequest, selection: Selection) -> HttpResponse:
    """Say what these videos have in common."""
    form = BulkAboutForm(request.POST if request.method == "POST" else None)
    if selection.has_changed or not form.is_valid():
        return _page(request, selection, "edit", form=form)
    said = form.cleaned_data
    user = person(request)
    videos_describe(user=user, ids=selection.ids, values=form.values, add=said["add"], remove=said["remove"])
    messages.success(request, f"{_count(selection)} changed.")
    return redirect(selection.back)


@_of_chosen
def bulk_collect(request: HttpRequest, selection: Selection) -> HttpResponse:
    """Put them into a collection, or take them out of one."""
    user = person(request)
    form = GatherForm(request.POST if request.method == "POST" else None, user=user)
    if selection.has_changed or not form.is_valid():
        return _page(request, selection, "collect", form=form)
    chosen = form.cleaned_data["collection"]
    if request.POST.get("do") == "remove":
        if chosen is None:
            form.add_error("collection", "Choose the collection that they are to be taken out of.")
            return _page(request, selection, "collect", form=form)
        collection_remove(collection=chosen, ids=selection.ids)
        messages.success(request, f"{_count(selection)} taken out of “{chosen.name}”.")
        return redirect(selection.back)
    collection = chosen or collection_get_or_create(user=user, name=form.cleaned_data["name"])
    assert collection is not None  # the form has seen a name
    collection_add(collection=collection, ids=selection.ids)
    messages.success(request, f"{_count(selection)} put into “{collection.name}”.")
    return redirect(selection.back)


@_of_chosen
def bulk_run(request: HttpRequest, selection: Selection) -> HttpResponse:
    """Start a job on each, with one recipe."""
    form = JobForm(request.POST if request.method == "POST" else None, user=person(request), facts=None)
    too_many = f"These are {len(selection.ids):,} videos; {MOST_RUNS} can be started at once."
    if len(selection.ids) > MOST_RUNS:
        return _page(request, selection, "run", form=form, stopped=too_many)
    if selection.has_changed or not form.is_valid():
        return _page(request, selection, "run", form=form)
    model, recipe = form.cleaned_data["model"], form.recipe
    refused = []
    for video in Video.objects.filter(pk__in=selection.ids).order_by("created_at"):
        try:
            lifecycle.job_create(video=video, model=model, recipe=recipe)
        except Refused as error:
            refused.append(f"“{video.title}”: {error.message}")
    started = len(selection.ids) - len(refused)
    if started:
        messages.success(request, f"{started} job{'s' if started > 1 else ''} started.")
    for line in refused[:5]:
        messages.warning(request, line)
    if len(refused) > 5:
        messages.warning(request, f"{len(refused) - 5} more could not be started.")
    return redirect(selection.back)


@_of_chosen
def bulk_share(request: HttpRequest, selection: Selection) -> HttpResponse:
    """Make a link for the newest finished job of each, and show them all."""
    user = person(request)
    newest = {id: job for some in in_parts(selection.ids) for id, job in _newest_done(some).items()}
    jobs = [newest[id] for id in selection.ids if id in newest]
    if request.method == "GET" or selection.has_changed or not jobs or len(jobs) > MOST_LINKS:
        stopped = "None of these videos has a finished job yet." if not jobs else ""
        if len(jobs) > MOST_LINKS:
            stopped = f"These are {len(jobs):,} finished jobs; links for {MOST_LINKS} can be made at once."
        return _page(request, selection, "share", finished=len(jobs), stopped=stopped)
    made = [(job, shares.share_create(job=job, user=user)) for job in jobs]
    links = [(job, request.build_absolute_uri(share_url(share))) for job, share in made if share is not None]
    return _page(request, selection, "share", links=links)


@_of_chosen
def bulk_trash(request: HttpRequest, selection: Selection) -> HttpResponse:
    """Move them to the trash."""
    if request.method == "GET" or selection.has_changed:
        active = Job.objects.filter(state__in=ACTIVE_STATES)
        running = sum(active.filter(video__in=some).count() for some in in_parts(selection.ids))
        return _page(request, selection, "trash", running=running)
    count = trash.videos_trash(user=person(request), ids=selection.ids)
    messages.success(request, f"{count} video{'s are' if count != 1 else ' is'} in the trash.")
    return redirect(selection.back)


def _newest_done(ids: list[UUID]) -> dict[UUID, Job]:
    """By their videos."""
    done = Job.objects.filter(video__in=ids, state=JobState.DONE).select_related("video")
    narrow = done.defer("recipe_json", "plan_json", "receipt_json", "video__facts_json")
    return {job.video_id: job for job in narrow.order_by("created_at")}


def _count(selection: Selection) -> str:
    count = len(selection.ids)
    return "1 video is" if count == 1 else f"{count:,} videos are"


def _page(
    request: HttpRequest, selection: Selection, action: str, *, form: forms.Form | None = None, **more: Any
) -> HttpResponse:
    shown = videos_of(person(request)).filter(pk__in=selection.ids[:MOST_SHOWN])
    context = {
        "action": action,
        "selection": selection,
        "count": len(selection.ids),
        "shown": [(video, video.posters[:1]) for video in shown],  # type: ignore[attr-defined]
        "more": max(0, len(selection.ids) - MOST_SHOWN),
        "form": form,
        **more,
    }
    is_wrong = form is not None and form.is_bound and not form.is_valid()
    status = 409 if selection.has_changed else 400 if is_wrong else 200
    return render(request, f"upscaler/bulk_{action}.html", context, status=status)
