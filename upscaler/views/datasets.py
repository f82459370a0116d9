"""The pages of datasets: the list, one dataset with its captures, its settings, and videos to add to it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import RestrictedError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from upscaler.forms.datasets import DatasetForm, NewDatasetForm
from upscaler.forms.parts import ids_of
from upscaler.jobs.actions import captures
from upscaler.jobs.actions.dataset_work import export_start, leaks_check
from upscaler.live.snapshots import dataset_snapshot
from upscaler.models import VideoState
from upscaler.selectors.datasets import dataset_get, datasets_of
from upscaler.selectors.videos import videos_of
from upscaler.views.dataset_page import dataset_page, new_link_form
from upscaler.views.requests import person

VIDEOS_PER_PAGE = 60


@require_http_methods(["GET", "POST"])
def datasets(request: HttpRequest) -> HttpResponse:
    """List a person's datasets, with a form for a new one."""
    form = NewDatasetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.instance.owner = person(request)
        return redirect("dataset", form.save().pk)
    context = {"datasets": datasets_of(person(request)), "form": form}
    return render(request, "upscaler/datasets.html", context, status=400 if request.method == "POST" else 200)


@require_GET
def dataset(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show a dataset: its captures, what their frames cover, and its links."""
    return dataset_page(request, dataset_get(user=person(request), id=id), new_link_form())


@require_GET
def dataset_status(request: HttpRequest, id: UUID) -> HttpResponse:
    """Return the snapshot of a dataset, for a page whose websocket is down."""
    return JsonResponse(dataset_snapshot(dataset_get(user=person(request), id=id)))


@require_http_methods(["GET", "POST"])
def dataset_edit(request: HttpRequest, id: UUID) -> HttpResponse:
    """Change a dataset and the options of its harvest."""
    dataset = dataset_get(user=person(request), id=id)
    form = DatasetForm(request.POST or None, instance=dataset)
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect("dataset", dataset.pk)
    dataset.refresh_from_db()  # a form that isn't valid has changed the row in memory
    context = {"dataset": dataset, "form": form}
    return render(request, "upscaler/dataset_edit.html", context, status=400 if form.is_bound else 200)


@require_POST
def dataset_split(request: HttpRequest, id: UUID) -> HttpResponse:
    """Decide which maps are held out: every fifth, at least one of two."""
    dataset = dataset_get(user=person(request), id=id)
    captures.split_decide(dataset=dataset)
    return redirect("dataset", dataset.pk)


@require_POST
def dataset_leaks(request: HttpRequest, id: UUID) -> HttpResponse:
    """Start a leak check."""
    dataset = dataset_get(user=person(request), id=id)
    leaks_check(dataset=dataset)
    return redirect(f"{reverse('dataset', args=[dataset.pk])}#leaks")


@require_POST
def dataset_export(request: HttpRequest, id: UUID) -> HttpResponse:
    """Start an export."""
    dataset = dataset_get(user=person(request), id=id)
    export_start(dataset=dataset)
    return redirect(f"{reverse('dataset', args=[dataset.pk])}#export")


@require_POST
def dataset_delete(request: HttpRequest, id: UUID) -> HttpResponse:
    """Delete a dataset that no training run uses, with its captures."""
    dataset = dataset_get(user=person(request), id=id)
    try:
        captures.dataset_delete(dataset=dataset)
    except RestrictedError:
        messages.error(request, f"Training runs use “{dataset.name}”. Delete them first.")
        return redirect("dataset", id)
    messages.success(request, f"Deleted “{dataset.name}”.")
    return redirect("datasets")


@require_http_methods(["GET", "POST"])
def dataset_add(request: HttpRequest, id: UUID) -> HttpResponse:
    """List videos of the library; add copies of those that are selected."""
    dataset = dataset_get(user=person(request), id=id)
    videos = videos_of(person(request)).filter(state=VideoState.READY)
    if request.method == "POST":
        selected = videos.filter(pk__in=ids_of(request.POST.getlist("video"))[:VIDEOS_PER_PAGE])
        for video in selected:
            captures.capture_from_video(dataset=dataset, video=video)
        return redirect("dataset", dataset.pk)
    query = request.GET.get("q", "").strip()[:200]
    found = videos.filter(title__icontains=query) if query else videos
    known = set(dataset.captures.filter(video__isnull=False).values_list("video", flat=True))
    context = {
        "dataset": dataset,
        "query": query,
        "videos": Paginator(found, VIDEOS_PER_PAGE).get_page(request.GET.get("page")),
        "known": known,
    }
    return render(request, "upscaler/dataset_add.html", context)
