"""The library of a person's videos, with search, filters and sorting."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from upscaler.forms.finder import FinderForm
from upscaler.jobs.actions.trash import trash_of
from upscaler.library.choices import Choices, chips_of, choices_of
from upscaler.library.search import LibraryQuery, find_in_order
from upscaler.models import Listing, SavedView, User
from upscaler.publish.first_sight import first_sight
from upscaler.selectors.videos import videos_of
from upscaler.views.cards import cards_of, state_of
from upscaler.views.requests import person

PAGE_VIDEOS = 48


@require_GET
def library(request: HttpRequest) -> HttpResponse:
    """Show a page of cards. htmx gets the results alone; with ``select=1``, cards are selected, not opened."""
    user = person(request)
    search = LibraryQuery.parse(request.GET)
    page = Paginator(find_in_order(user, search), PAGE_VIDEOS).get_page(request.GET.get("page"))
    results = _results(request, user, search, page)
    choices = choices_of(user)
    results["chips"] = chips_of(search, choices)
    is_part = "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers
    if is_part:
        response = render(request, "upscaler/parts/results.html", results)
        response["HX-Push-Url"] = results["address"]
    else:
        is_empty = not results["cards"] and not search.is_filtered
        parts = {"first_sight": first_sight()} if is_empty else _finder(user, search, choices)
        trashed = {"trashed": trash_of(user).count()}
        response = render(request, "upscaler/library.html", results | parts | trashed)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_GET
def library_states(request: HttpRequest) -> HttpResponse:
    """Return the states of the cards on a page, which asks for them while work is in progress."""
    try:
        ids = [UUID(id) for id in request.GET.get("ids", "").split(",") if id][:PAGE_VIDEOS]
    except ValueError:
        return JsonResponse({"error": "Invalid video IDs."}, status=400)
    videos = videos_of(person(request)).defer("facts_json").filter(pk__in=ids)
    return JsonResponse({str(video.pk): state_of(video) for video in videos})


def _results(request: HttpRequest, user: User, search: LibraryQuery, page: Page[Listing]) -> dict[str, Any]:
    """Return the part of the context that changes with a search."""
    cards = cards_of(list(page.object_list))
    is_selecting = request.GET.get("select") == "1"
    number = f"page={page.number}" if page.number > 1 else ""
    return {
        "search": search,
        "page": page,
        "cards": cards,
        "count": page.paginator.count,
        "layout": search.view or ("list" if user.lists_library else "grid"),
        "selecting": is_selecting,
        "address": _address(search.query, "select=1" if is_selecting else "", number),
        "to_grid": _address(replace(search, view="grid").query),
        "to_list": _address(replace(search, view="list").query),
        "to_select": _address(search.query, "select=1", number),
        "to_leave": _address(search.query, number),
        "to_previous": _turned(search, page, -1, is_selecting) if page.has_previous() else "",
        "to_next": _turned(search, page, 1, is_selecting) if page.has_next() else "",
    }


def _finder(user: User, search: LibraryQuery, choices: Choices) -> dict[str, Any]:
    """Return the context of the search form above the results."""
    collection = dict(choices.collections).get(search.collection)
    return {
        "finder": FinderForm(search, choices),
        "tags": choices.tags,
        "collection": collection,
        "saved_views": SavedView.objects.filter(owner=user),
    }


def _turned(search: LibraryQuery, page: Page[Listing], by: int, is_selecting: bool) -> str:
    number = page.number + by
    return _address(search.query, "select=1" if is_selecting else "", f"page={number}" if number > 1 else "")


def _address(*parts: str) -> str:
    query = "&".join(filter(None, parts))
    return f"{reverse('library')}?{query}" if query else reverse("library")
