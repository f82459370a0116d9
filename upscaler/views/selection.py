"""The videos that a person chose in the library: some, or all that fit a search."""

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

MOST_NAMED = 500
"""Videos that are named one by one; for more there is "all that fit"."""


@dataclass(frozen=True)
class Selection:
    """In the order of the library. ``query`` is the search that they were chosen in."""

    ids: list[UUID]
    query: str
    is_all: bool
    seen: str = ""
    """Of all that fit a search: which they are, for the form of the page that says how many."""
    has_changed: bool = False
    """Does the form come from a page that said something else? Then nothing is done, and the page is shown again."""

    @property
    def back(self) -> str:
        """To where they were chosen."""
        return f"{reverse('library')}?{self.query}" if self.query else reverse("library")

    @property
    def to_choose(self) -> str:
        """To where others can be chosen."""
        return f"{reverse('library')}?{'&'.join(filter(None, (self.query, 'select=1')))}"


def selection_of(request: HttpRequest) -> Selection:
    """From the address or from the form; what is not the person's own, or in the trash, is not among them."""
    said = request.POST if request.method == "POST" else request.GET
    user = person(request)
    search = LibraryQuery.from_query(said.get("query", ""))
    is_all = said.get("all") == "1"
    if is_all:
        ids = list(find_in_order(user, search).values_list("video", flat=True))
        seen = _digest(ids)
        return Selection(ids, search.query, is_all, seen, request.method == "POST" and said.get("seen") != seen)
    named = list(dict.fromkeys(ids_of(said.getlist("video"))))[:MOST_NAMED]
    own = set(Listing.objects.filter(owner=user, video__in=named).values_list("video", flat=True))
    return Selection([id for id in named if id in own], search.query, is_all)


def _digest(ids: Iterable[UUID]) -> str:
    """The same for the same videos, in whatever order."""
    return hashlib.sha256(b"".join(sorted(id.bytes for id in ids))).hexdigest()
