"""The videos that a person selected in the library: some, or all results of a search."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from upscaler.forms.parts import ids_of
from upscaler.library.search import LibraryQuery, find_in_order
from upscaler.models import Listing
from upscaler.views.requests import person

MAX_NAMED = 500
"""Videos that are selected one by one; for more there is "select all"."""


@dataclass(frozen=True)
class Selection:
    """Selected videos in the order of the library. ``query`` is the search in which they were selected."""

    ids: list[UUID]
    query: str
    is_all: bool
    seen: str = ""
    """A digest of all results of a search, for the form of the page that says how many they are."""
    has_changed: bool = False
    """Does the form come from a page with other results? Then nothing is done, and the page is shown again."""

    @property
    def back(self) -> str:
        """The URL of the search in which they were selected."""
        return f"{reverse('library')}?{self.query}" if self.query else reverse("library")

    @property
    def to_choose(self) -> str:
        """The URL where others can be selected."""
        return f"{reverse('library')}?{'&'.join(filter(None, (self.query, 'select=1')))}"


def selection_of(request: HttpRequest) -> Selection:
    """Return the selection of a URL or a form, without videos of others and those in the trash."""
    data = request.POST if request.method == "POST" else request.GET
    user = person(request)
    search = LibraryQuery.from_query(data.get("query", ""))
    is_all = data.get("all") == "1"
    if is_all:
        ids = list(find_in_order(user, search).values_list("video", flat=True))
        seen = _digest(ids)
        return Selection(ids, search.query, is_all, seen, request.method == "POST" and data.get("seen") != seen)
    named = list(dict.fromkeys(ids_of(data.getlist("video"))))[:MAX_NAMED]
    own = set(Listing.objects.filter(owner=user, video__in=named).values_list("video", flat=True))
    return Selection([id for id in named if id in own], search.query, is_all)


def _digest(ids: Iterable[UUID]) -> str:
    """Return a digest of some videos that doesn't depend on their order."""
    return hashlib.sha256(b"".join(sorted(id.bytes for id in ids))).hexdigest()
