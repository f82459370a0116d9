"""The page that joins several videos into one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from upscaler.forms.parts import FilmForm, ids_of
from upscaler.jobs.steps import joining
from upscaler.models import Video, VideoState
from upscaler.pipeline.core.errors import Refused
from upscaler.selectors.videos import videos_in_order
from upscaler.site_urls import artifact_url
from upscaler.views.requests import person
from upscaler.wording.rates import rate


@require_http_methods(["GET", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """Order the parts, give the joined video a title, and start. The first order is that of their file names."""
    user = person(request)
    query = request.POST if request.method == "POST" else request.GET
    ids = ids_of(query.getlist("video"))
    videos = videos_in_order(user=user, ids=ids)
    if request.method == "GET":
        videos.sort(key=lambda video: natural(PurePosixPath(video.original_name).stem))
        if len(videos) < joining.MIN_PARTS:
            messages.info(request, "Select at least two videos to join.")
            return redirect("/?select=1")
        form = FilmForm(initial={"title": common_title(videos), "starts_job": user.auto_upscale})
        return _page(request, videos, form)
    form = FilmForm(request.POST)
    if not form.is_valid():
        return _page(request, videos, form, status=400)
    try:
        film = joining.film_create(owner=user, parts=ids, **form.cleaned_data)
    except Refused as error:
        form.add_error(None, error.message)
        return _page(request, videos, form, status=400)
    return redirect("video", film.pk)


def natural(name: str) -> list[tuple[bool, int, str]]:
    """Return a sort key by which "part 10" comes after "part 9"."""
    pieces = re.findall(r"\d+|\D+", name.lower())
    return [(not piece.isdecimal(), int(piece) if piece.isdecimal() else 0, piece) for piece in pieces]


def common_title(videos: Sequence[Video]) -> str:
    """Return the common start of the titles, without a "part" and a number at its end."""
    shortest = min((video.title for video in videos), key=len)
    length = next(
        (at for at, letter in enumerate(shortest) if any(video.title[at] != letter for video in videos)), len(shortest)
    )
    start = re.sub(r"[\s\d._(\[-]*$", "", shortest[:length])
    return re.sub(r"[\s._(\[-]*\b(part|pt|cd|disc|teil)$", "", start, flags=re.IGNORECASE).strip()


def _page(request: HttpRequest, videos: Sequence[Video], form: FilmForm, status: int = 200) -> HttpResponse:
    cards = [_card(video) for video in videos]
    waiting = [card["video"].pk for card in cards if card["is_waiting"]]
    return render(request, "upscaler/join.html", {"cards": cards, "form": form, "waiting": waiting}, status=status)


def _card(video: Video) -> dict[str, Any]:
    posters = video.posters  # type: ignore[attr-defined]
    facts = video.facts
    return {
        "video": video,
        "facts": facts,
        "rate": rate(facts.rate) if facts else "",
        "poster": artifact_url(posters[0]) if posters else None,
        "is_waiting": video.state not in (VideoState.READY, VideoState.REFUSED),
    }
