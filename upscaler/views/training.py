"""The pages of training: the list of runs, a new run, one run with its curves and pictures, and its versions."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from upscaler.forms.training import SIZES, PublishForm, RunForm
from upscaler.jobs.actions import runs
from upscaler.jobs.actions.run_versions import run_publish, version_suggested
from upscaler.live.snapshots import run_snapshot
from upscaler.media.files import source_path
from upscaler.media.stored import Gone
from upscaler.models import ModelState, RunState, TrainingRun, UpscaleModel, User
from upscaler.pipeline.core.errors import Refused
from upscaler.selectors.choices import models_ready
from upscaler.selectors.runs import run_get, runs_of, seconds_left, seconds_per_work, work_of_step
from upscaler.training.publishing.licences import BASE, CAPTURES, Part, limits_of_use
from upscaler.training.trainer.recipe import TrainingRecipe
from upscaler.training.trainer.run_files import PICTURES
from upscaler.views.requests import person

RUNS_PER_PAGE = 40
PICTURE_NAME = re.compile(r"\d{1,2}-(before|base|truth|\d{8})\.webp")
GAINS = ((300, 0.25), (2000, 0.38), (3000, 0.40))
"""Steps, and the PSNR-Y in dB over realesr-animevideov3 that they brought on whole frames of held-out maps: a Compact
64x16, fine-tuned with batches of 8 patches of 48 pixels."""


@require_GET
def training(request: HttpRequest) -> HttpResponse:
    """List a person's runs."""
    page = Paginator(runs_of(person(request)), RUNS_PER_PAGE).get_page(request.GET.get("page"))
    rows = [(run, seconds_left(run)) for run in page.object_list]
    has_datasets = person(request).datasets.exists()
    return render(request, "upscaler/training.html", {"page": page, "rows": rows, "has_datasets": has_datasets})


@require_http_methods(["GET", "POST"])
def run_new(request: HttpRequest) -> HttpResponse:
    """Show the form of a new run, and start it."""
    user = person(request)
    form = RunForm(request.POST or None, user=user, initial={"dataset": request.GET.get("dataset")})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            run = runs.run_start(
                owner=user,
                dataset=data["dataset"],
                base=data["base"],
                name=data["name"] or data["dataset"].name,
                recipe=data["recipe"],
                preparation=data["preparation"],
                yields=data["yields"],
            )
        except Refused as error:
            form.add_error("dataset", error.message)
        else:
            return redirect("run", run.pk)
    context = {"form": form, "expected": _expectation(user), "gains": GAINS}
    return render(request, "upscaler/training_new.html", context, status=400 if form.is_bound else 200)


@require_GET
def run(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show a run: its state, curves, held-out frames and versions."""
    return _page(request, run_get(user=person(request), id=id))


@require_GET
def run_status(request: HttpRequest, id: UUID) -> HttpResponse:
    """Return the snapshot of a run, for a page whose websocket is down."""
    return JsonResponse(run_snapshot(run_get(user=person(request), id=id)))


@require_GET
def run_picture(request: HttpRequest, id: UUID, name: str) -> HttpResponse:
    """Return one picture of a run."""
    run = run_get(user=person(request), id=id)
    if not PICTURE_NAME.fullmatch(name):
        raise Http404
    try:
        with source_path(f"{run.folder}/{PICTURES}/{name}") as path:
            content = path.read_bytes()
    except Gone as error:
        raise Http404 from error
    headers = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type="image/webp", headers=headers)


@require_POST
def run_pause(request: HttpRequest, id: UUID) -> HttpResponse:
    """Pause a run."""
    run = run_get(user=person(request), id=id)
    if not runs.run_pause(run=run):
        messages.info(request, "Only queued or running runs can be paused.")
    return redirect("run", run.pk)


@require_POST
def run_resume(request: HttpRequest, id: UUID) -> HttpResponse:
    """Resume a paused run."""
    run = run_get(user=person(request), id=id)
    if not runs.run_resume(run=run):
        messages.info(request, "The run is no longer paused.")
    return redirect("run", run.pk)


@require_POST
def run_cancel(request: HttpRequest, id: UUID) -> HttpResponse:
    """Cancel a run."""
    run = run_get(user=person(request), id=id)
    if not runs.run_cancel(run=run):
        messages.info(request, "This run has already ended.")
    return redirect("run", run.pk)


@require_POST
def run_retry(request: HttpRequest, id: UUID) -> HttpResponse:
    """Retry a failed run."""
    run = run_get(user=person(request), id=id)
    if not runs.run_retry(run=run):
        messages.info(request, "Only failed runs can be retried.")
    return redirect("run", run.pk)


@require_POST
def run_delete(request: HttpRequest, id: UUID) -> HttpResponse:
    """Delete a run. Models that were published from it stay."""
    run = run_get(user=person(request), id=id)
    runs.run_delete(run=run)
    messages.success(request, f"Deleted the run “{run.name}”.")
    return redirect("training")


@require_POST
def run_version(request: HttpRequest, id: UUID) -> HttpResponse:
    """Publish a point of a run as a model."""
    user = person(request)
    run = run_get(user=user, id=id)
    form = PublishForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            run_publish(
                run=run,
                step=data["step"],
                version=data["name"],
                licence=data["licence"],
                notes=data["notes"],
                user=user,
            )
        except Refused as error:
            form.add_error(None, error.message)
        else:
            return redirect(f"{reverse('run', args=[run.pk])}#versions")
    return _page(request, run, form)


@require_POST
def run_version_use(request: HttpRequest, id: UUID, model: UUID) -> HttpResponse:
    """Make a published model the one that a person's new jobs use by default."""
    user = person(request)
    run = run_get(user=user, id=id)
    version = models_ready().filter(run=run, pk=model).first()
    if version is None:
        raise Http404
    User.objects.filter(pk=user.pk).update(default_model=version)
    messages.success(request, f"New upscales use {version.name} by default.")
    return redirect("run", run.pk)


def _page(request: HttpRequest, run: TrainingRun, form: PublishForm | None = None) -> HttpResponse:
    recipe = TrainingRecipe.from_json(run.recipe_json)
    context: dict[str, Any] = {
        "run": run,
        "recipe": recipe,
        "era": run.preparation_json.get("era"),
        "snapshot": run_snapshot(run),
        "is_active": run.state in runs.RUNNABLE or run.state == RunState.PAUSED,
        "runnable": runs.RUNNABLE,
        "versions": UpscaleModel.objects.filter(run=run).order_by("-created_at"),
        "checking": ModelState.CHECKING,
        "default_model": person(request).default_model_id,
        "form": form or PublishForm(initial={"name": version_suggested(run), "licence": run.dataset.licence}),
        "limits": _limits(run),
        "picture_url": reverse("run-picture", args=[run.pk, "NAME"]),
    }
    return render(request, "upscaler/run.html", context, status=400 if form is not None else 200)


def _limits(run: TrainingRun) -> list[str]:
    """Return what the licences of the captures and the base model mean for a model of this run."""
    licences = run.preparation_json.get("dataset", {}).get("licences", [run.dataset.licence])
    parts = [Part(CAPTURES, run.dataset.name, each) for each in licences]
    if run.base is not None:
        parts.append(Part(BASE, run.base.name, run.base.licence))
    return limits_of_use(parts)


def _expectation(user: User) -> dict[str, Any]:
    """Return the figures by which the page says how far a time will bring a run."""
    return {
        "seconds_per_work": seconds_per_work(user),
        "work": {name: work_of_step(spec, 1, 1) for name, spec in SIZES.items()},
        "gains": GAINS,
    }
