"""The page for uploads and imports; the bytes of files go to intake/tus.py."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from upscaler.forms.address import AddressForm
from upscaler.intake import watch_status
from upscaler.jobs.steps import url_import
from upscaler.models import SiteSettings
from upscaler.pipeline.containers.file_extensions import OTHER_EXTENSIONS, VIDEO_EXTENSIONS
from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.planning.clip_profiles import CLIP_PROFILES
from upscaler.views.requests import person


@require_GET
def upload(request: HttpRequest) -> HttpResponse:
    """Show the upload page."""
    return _page(request, AddressForm())


@require_GET
def upload_terms(request: HttpRequest) -> JsonResponse:
    """Return the settings of the upload queue, which runs on every page."""
    user = person(request)
    return JsonResponse(
        {
            "user": user.pk,
            "chunk": settings.UPLOAD_CHUNK_BYTES,
            "most": settings.ENVIRONMENT.limits.max_bytes,
            "kind": user.default_kind,
            "auto_upscale": user.auto_upscale,
            "others": sorted(OTHER_EXTENSIONS),
        }
    )


@require_http_methods(["GET", "POST"])
def address(request: HttpRequest) -> HttpResponse:
    """Import a video by its URL, if the owner of the server allows it. GET shows the upload page."""
    if not SiteSettings.read().allows_url_import:
        raise Http404
    if request.method == "GET":
        return redirect("upload")
    form = AddressForm(request.POST)
    if form.is_valid():
        try:
            video = url_import.import_create(owner=person(request), **form.cleaned_data)
        except Refused as error:
            form.add_error("address", error.message)
        else:
            return redirect("video", video.pk)
    return _page(request, form, status=400)


def _page(request: HttpRequest, form: AddressForm, status: int = 200) -> HttpResponse:
    user = person(request)
    context: dict[str, Any] = {
        "max_bytes": settings.ENVIRONMENT.limits.max_bytes,
        "auto_upscale": user.auto_upscale,
        "kinds": CLIP_PROFILES.values(),
        "kind": user.default_kind,
        "accept": ",".join(["video/*", *(f".{extension}" for extension in sorted(VIDEO_EXTENSIONS))]),
        "address": form["address"] if SiteSettings.read().allows_url_import else None,
        "why_no_address": url_import.unavailability(),
        "watch": watch_status.seen_by(user),
    }
    return render(request, "upscaler/upload.html", context, status=status)
