"""The page that takes files; the bytes go to intake/tus.py."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from upscaler.views.requests import person


@require_GET
def upload(request: HttpRequest) -> HttpResponse:
    """Drop files here."""
    limit = settings.ENVIRONMENT.limits.max_bytes
    context = {
        "max_bytes": limit,
        "chunk_bytes": settings.UPLOAD_CHUNK_BYTES,
        "starts_jobs": person(request).starts_jobs,
    }
    return render(request, "upscaler/upload.html", context)
