"""The demo clip, with which people try their server."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from upscaler.intake.demo_clip import demo_add
from upscaler.intake.upload_policy import Denied
from upscaler.pipeline.core.errors import PipelineError
from upscaler.views.requests import person


@require_POST
def demo_take(request: HttpRequest) -> HttpResponse:
    """Add the demo clip to the library, and show its page."""
    try:
        return redirect("video", demo_add(user=person(request)))
    except (Denied, PipelineError) as error:
        messages.error(request, error.message)
        return redirect("library")
