"""The models page, on which the server's owner uploads models."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, ProtectedError, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from upscaler.jobs import queues
from upscaler.models import UpscaleModel
from upscaler.pipeline.core.safe_text import one_line
from upscaler.selectors.choices import models_ready
from upscaler.views.requests import person


@require_GET
def models(request: HttpRequest) -> HttpResponse:
    """List the models, with what is known about each."""
    rows = _visible(request).select_related("run").annotate(uses=Count("jobs"))
    context = {"models": rows, "chunk_bytes": settings.UPLOAD_CHUNK_BYTES}
    return render(request, "upscaler/models.html", context)


@require_GET
def model_status(request: HttpRequest, id: UUID) -> HttpResponse:
    """Return the state of a model, for a page that waits for its check."""
    model = _visible(request).filter(pk=id).first()
    if model is None:
        raise Http404
    return JsonResponse({"state": model.state, "label": model.get_state_display(), "error": model.error})


@require_POST
def model_rename(request: HttpRequest, id: UUID) -> HttpResponse:
    """Change the name or the notes of a model."""
    model = _own(request, id)
    name = one_line(request.POST.get("name", ""))[:120]
    values = {"name": name} if name else {}
    UpscaleModel.objects.filter(pk=model.pk).update(**values, notes=request.POST.get("notes", model.notes)[:2000])
    return redirect("models")


@require_POST
def model_delete(request: HttpRequest, id: UUID) -> HttpResponse:
    """Delete a model that no job uses."""
    model = _own(request, id)
    try:
        UpscaleModel.objects.filter(pk=model.pk).delete()
    except ProtectedError:
        messages.error(request, f"Some jobs or training runs use “{model.name}”. Delete them first.")
    else:
        queues.enqueue_removal(f"models/{model.pk}")
        messages.success(request, f"Deleted “{model.name}”.")
    return redirect("models")


def _visible(request: HttpRequest) -> QuerySet[UpscaleModel]:
    """Return the models that jobs can use; for the owner of the server, all."""
    return UpscaleModel.objects.all() if person(request).is_superuser else models_ready()


def _own(request: HttpRequest, id: UUID) -> UpscaleModel:
    """Return a model to change. Raises Http404 for built-in ones, and for all but the owner of the server."""
    model = UpscaleModel.objects.filter(pk=id, builtin_name="").first() if person(request).is_superuser else None
    if model is None:
        raise Http404
    return model
