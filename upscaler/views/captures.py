"""A capture's page: its contact sheet, on which frames are included and excluded."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST, require_safe

from upscaler.forms.datasets import CaptureForm
from upscaler.jobs.actions import captures
from upscaler.media.files import source_path
from upscaler.media.stored import Gone
from upscaler.models import Capture, Frame
from upscaler.selectors.contact_sheets import PER_SHEET, ROWS, TILE_WIDTH, sheet_count, tile_height, tile_of
from upscaler.selectors.datasets import capture_get
from upscaler.selectors.frames import ALL, frames_shown, reasons_of
from upscaler.views.requests import person

CHOICES = {"include": True, "exclude": False, "harvest": None}
MAX_DIGITS = 9


@require_GET
def capture(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show a capture with a page of its frames, which a filter may narrow."""
    capture = capture_get(user=person(request), id=id)
    shown, scene = request.GET.get("show", ALL), _number(request.GET.get("scene"))
    frames = frames_shown(capture, shown, scene)
    listed = Paginator(frames, PER_SHEET).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "capture": capture,
        "dataset": capture.dataset,
        "form": CaptureForm(instance=capture),
        "maps": capture.dataset.captures.exclude(map="").values_list("map", flat=True).distinct().order_by("map"),
        "frames": listed,
        "shown": shown,
        "scene": scene,
        "scenes": capture.frames.aggregate(count=Count("scene", distinct=True))["count"],
        "reasons": reasons_of(capture),
        "query": _query(shown, scene),
        "of_scene": "" if scene is None else f"&scene={scene}",
        "rows": [_row(capture, frame) for frame in listed],
        "numbers": ",".join(str(frame.number) for frame in listed),
        "ratio": f"{TILE_WIDTH} / {tile_height(capture)}" if capture.facts_json else "",
    }
    return render(request, "upscaler/capture.html", context)


@require_safe
@cache_control(private=True, max_age=3600)
def capture_sheet(request: HttpRequest, id: UUID, page: int) -> HttpResponse:
    """Return a page of thumbnails. Its URL has the number of frames seen, so that a second harvest has other URLs."""
    capture = capture_get(user=person(request), id=id)
    try:
        with source_path(capture.sheet_key(page)) as path:
            return HttpResponse(path.read_bytes(), content_type="image/jpeg")
    except Gone:
        raise Http404 from None


@require_POST
def capture_choose(request: HttpRequest, id: UUID) -> HttpResponse:
    """Include or exclude frames: those listed, or all of a scene. Answers scripts with the number of used frames."""
    capture = capture_get(user=person(request), id=id)
    if request.POST.get("choice") not in CHOICES:
        raise Http404
    used = captures.frames_choose(
        capture=capture, frames=_selected(request, capture), choice=CHOICES[request.POST["choice"]]
    )
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"used": used})
    scene = _number(request.POST.get("scene"))
    query = urlencode({"page": request.POST.get("page", "1")} | _filters(request.POST.get("show", ALL), scene))
    return redirect(f"{reverse('capture', args=[capture.pk])}?{query}#frames")


@require_POST
def capture_edit(request: HttpRequest, id: UUID) -> HttpResponse:
    """Change what is said of a capture, and on which side of the split its map is."""
    capture = capture_get(user=person(request), id=id)
    form = CaptureForm(request.POST, instance=capture)
    if form.is_valid():
        captures.capture_describe(capture=capture, **form.cleaned_data)
    for name, errors in form.errors.items():
        messages.error(request, f"{form.fields[name].label}: {errors[0]}")
    return redirect("capture", id)


@require_POST
def capture_harvest(request: HttpRequest, id: UUID) -> HttpResponse:
    """Harvest a capture again, with the dataset's current options."""
    capture = capture_get(user=person(request), id=id)
    if not captures.capture_harvest_again(capture=capture):
        messages.info(request, "This capture is being analysed already.")
    return redirect("dataset", capture.dataset_id)


@require_POST
def capture_delete(request: HttpRequest, id: UUID) -> HttpResponse:
    """Delete a capture with its file and its frames."""
    capture = capture_get(user=person(request), id=id)
    captures.capture_delete(capture=capture)
    messages.success(request, f"Deleted “{capture.title}”.")
    return redirect("dataset", capture.dataset_id)


def _selected(request: HttpRequest, capture: Capture) -> QuerySet[Frame]:
    """Return the frames of a request: those with the numbers in ``frames``, else those of ``scene``.

    Raises Http404 for neither.
    """
    if numbers := request.POST.get("frames"):
        return capture.frames.filter(
            number__in=[number for text in numbers.split(",")[:PER_SHEET] if (number := _number(text)) is not None]
        )
    scene = _number(request.POST.get("scene"))
    if scene is None:
        raise Http404
    return capture.frames.filter(scene=scene)


def _row(capture: Capture, frame: Frame) -> dict[str, Any]:
    """Return a frame with the place of its thumbnail; ``sheet_rows`` are the rows of its page."""
    tile = tile_of(frame.number)
    is_last = tile.sheet == sheet_count(capture.frames_seen) - 1
    last_rows = -(-(capture.frames_seen - tile.sheet * PER_SHEET) // (PER_SHEET // ROWS))
    sheet = reverse("capture-sheet", args=[capture.pk, tile.sheet])
    return {
        "frame": frame,
        "tile": tile,
        "sheet": f"{sheet}?v={capture.frames_seen}",
        "sheet_rows": last_rows if is_last else ROWS,
    }


def _filters(shown: str, scene: int | None) -> dict[str, str]:
    filters = {} if shown == ALL else {"show": shown}
    return filters if scene is None else filters | {"scene": str(scene)}


def _query(shown: str, scene: int | None) -> str:
    """Return the filters as the start of a query, such as ``show=used&``."""
    query = urlencode(_filters(shown, scene))
    return f"{query}&" if query else ""


def _number(text: str | None) -> int | None:
    is_number = text is not None and text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS
    return int(text) if text is not None and is_number else None
