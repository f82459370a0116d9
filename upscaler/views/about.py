"""What a person says about a video."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from upscaler.forms.about import AboutForm
from upscaler.library.about import ABOUT, video_describe
from upscaler.library.choices import suggestions
from upscaler.selectors.videos import video_get
from upscaler.views.requests import person


@require_http_methods(["GET", "POST"])
def about(request: HttpRequest, id: UUID) -> HttpResponse:
    """Title, game, map and all the rest. What the file itself tells is shown beside it, and stays."""
    user = person(request)
    found = video_get(user=user, id=id)
    title = found.title
    form = AboutForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        values = {name: form.cleaned_data[name] for name in ABOUT}
        video_describe(video=found, values=values, tags=form.cleaned_data["tags"])
        messages.success(request, "Saved.")
        return redirect("video", found.pk)
    context = {"video": found, "title": title, "form": form, "suggestions": suggestions(user)}
    return render(request, "upscaler/about.html", context, status=400 if form.errors else 200)
