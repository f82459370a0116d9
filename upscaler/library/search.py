"""Searches of the library: as URL queries, and as database rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.http import QueryDict

from upscaler.models import Collection, Game, JobState, Listing, Tag, User, Video, VideoState
from upscaler.models.listing import fold

MAX_WORDS = 12
MAX_LENGTH = 200
MAX_TAGS = 10


@dataclass(frozen=True)
class State:
    """States of jobs and videos that are one choice of the form."""

    label: str
    states: tuple[str, ...]


STATES = {
    "new": State("Not upscaled yet", (VideoState.READY,)),
    "active": State(
        "In progress",
        (
            *(JobState.QUEUED, JobState.RENDERING, JobState.ASSEMBLING, JobState.VERIFYING),
            *(VideoState.JOINING, VideoState.FETCHING, VideoState.UPLOADING, VideoState.PROBING, VideoState.ANALYSING),
            VideoState.PAIRING,
        ),
    ),
    "paused": State("Paused", (JobState.PAUSED,)),
    "done": State("Done", (JobState.DONE,)),
    "failed": State("Failed", (JobState.FAILED, VideoState.REFUSED)),
    "cancelled": State("Cancelled", (JobState.CANCELLED,)),
}


@dataclass(frozen=True)
class Size:
    """Sources of more than ``above`` lines, and at most ``most``; None for no limit."""

    label: str
    above: int
    most: int | None


SIZES = {
    "240": Size("Up to 240 lines", 0, 240),
    "360": Size("241 to 360 lines", 240, 360),
    "480": Size("361 to 480 lines", 360, 480),
    "576": Size("481 to 576 lines", 480, 576),
    "720": Size("577 to 720 lines", 576, 720),
    "more": Size("More than 720 lines", 720, None),
}


@dataclass(frozen=True)
class Sort:
    """An order. All end with the id, so that no video is on two pages."""

    label: str
    by: tuple[Any, ...]


SORTS = {
    "newest": Sort("Newest first", ("-created_at", "video")),
    "oldest": Sort("Oldest first", ("created_at", "video")),
    "title": Sort("Title", ("sort_title", "video")),
    "year": Sort("Year", (F("year").desc(nulls_last=True), "-created_at", "video")),
    "longest": Sort("Longest", (F("seconds").desc(nulls_last=True), "-created_at", "video")),
    "largest": Sort("Largest file", ("-size", "video")),
}
NEWEST = "newest"
LAYOUTS = ("grid", "list")


@dataclass(frozen=True)
class LibraryQuery:
    """A search. Empty fields match every video."""

    q: str = ""
    game: str = ""
    model: str = ""
    state: str = ""
    size: str = ""
    year: str = ""
    tag: tuple[str, ...] = ()
    collection: str = ""
    sort: str = NEWEST
    view: str = ""
    """The layout, if it is not the person's default."""

    @classmethod
    def parse(cls, data: QueryDict) -> LibraryQuery:
        """Read a URL, which anyone may have typed: invalid values are left out."""
        return cls(
            q=" ".join(data.get("q", "").replace("\0", "").split())[:MAX_LENGTH],
            game=_one_of(Game.values, data.get("game", "")),
            model=_id(data.get("model", "")),
            state=_one_of(STATES, data.get("state", "")),
            size=_one_of(SIZES, data.get("size", "")),
            year=data.get("year", "") if data.get("year", "").isdecimal() and len(data["year"]) == 4 else "",
            tag=tuple(dict.fromkeys(filter(None, map(Tag.key_of, data.getlist("tag")))))[:MAX_TAGS],
            collection=_id(data.get("collection", "")),
            sort=_one_of(SORTS, data.get("sort", "")) or NEWEST,
            view=_one_of(LAYOUTS, data.get("view", "")),
        )

    @classmethod
    def from_query(cls, query: str) -> LibraryQuery:
        """Read a URL query: the reverse of ``query``."""
        return cls.parse(QueryDict(query))

    @property
    def query(self) -> str:
        """The shortest URL query of this search, without a page."""
        values = {name: value for name, value in vars(self).items() if value and (name, value) != ("sort", NEWEST)}
        return urlencode(values, doseq=True)

    @property
    def is_filtered(self) -> bool:
        """Is any filter active?"""
        return any(getattr(self, name) for name in FILTERS)

    @property
    def is_plain(self) -> bool:
        """Is it the whole library in its default order, in whatever layout?"""
        return not self.is_filtered and self.sort == NEWEST

    def without(self, name: str, value: str = "") -> LibraryQuery:
        """Return the search without one filter; of several tags, without the one."""
        rest: Any = tuple(tag for tag in self.tag if tag != value) if name == "tag" else ""
        return replace(self, **{name: rest})


FILTERS = tuple(field.name for field in fields(LibraryQuery) if field.name not in ("sort", "view"))


def find(user: User, search: LibraryQuery) -> QuerySet[Listing]:
    """Return the rows of a person's videos that match, in no order."""
    rows = Listing.objects.filter(owner=user)
    for word in fold(search.q).split()[:MAX_WORDS]:
        rows = rows.filter(search_text__contains=word)
    same = {name: getattr(search, name) for name in ("game", "model", "year") if getattr(search, name)}
    rows = rows.filter(**same)
    if search.state:
        rows = rows.filter(state__in=STATES[search.state].states)
    if search.size:
        rows = rows.filter(_within(SIZES[search.size]))
    for key in search.tag:
        tagged = Video.tags.through.objects.filter(tag__owner=user, tag__key=key)
        rows = rows.filter(video__in=tagged.values("video"))
    if search.collection:
        gathered = Collection.videos.through.objects.filter(collection__owner=user, collection=UUID(search.collection))
        rows = rows.filter(video__in=gathered.values("video"))
    return rows


def find_in_order(user: User, search: LibraryQuery) -> QuerySet[Listing]:
    """Return the rows that match in the order of the search, without their search text."""
    return find(user, search).order_by(*SORTS[search.sort].by).defer("search_text", "sort_title")


def _within(size: Size) -> Q:
    above = Q(height__gt=size.above)
    return above & Q(height__lte=size.most) if size.most else above


def _one_of(known: Mapping[str, object] | Sequence[str], text: str) -> str:
    return text if text in known else ""


def _id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return ""
