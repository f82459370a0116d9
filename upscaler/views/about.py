"""The page on which a person describes a video."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from upscaler.forms.about import AboutForm
from upscaler.library.choices import suggestions
from upscaler.library.descriptions import ABOUT, video_describe
from upscaler.selectors.videos import video_get
from upscaler.views.requests import person


@require_http_methods(["GET", "POST"])
def about(request: HttpRequest, id: UUID) -> HttpResponse:
    """Edit title, game, map and the rest. File details are shown beside them and can't be changed."""
    user = person(request)
    video = video_get(user=user, id=id)
    title = video.title
    form = AboutForm(request.POST or None, instance=video)
    if request.method == "POST" and form.is_valid():
        values = {name: form.cleaned_data[name] for name in ABOUT}
        video_describe(video=video, values=values, tags=form.cleaned_data["tags"])
        messages.success(request, "Saved.")
        return redirect("video", video.pk)
    context = {"video": video, "title": title, "form": form, "suggestions": suggestions(user)}
    return render(request, "upscaler/about.html", context, status=400 if form.errors else 200)
