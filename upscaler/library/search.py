"""What a person wants to see of their library, as it stands in the address, and the rows that fit."""

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

MOST_WORDS = 12
MOST_LETTERS = 200
MOST_TAGS = 10


@dataclass(frozen=True)
class State:
    """States of jobs and videos that are one thing to a person."""

    label: str
    states: tuple[str, ...]


STATES = {
    "new": State("Not upscaled yet", (VideoState.READY,)),
    "active": State(
        "Under way",
        (
            *(JobState.QUEUED, JobState.RENDERING, JobState.ASSEMBLING, JobState.VERIFYING),
            *(VideoState.JOINING, VideoState.FETCHING, VideoState.UPLOADING, VideoState.PROBING, VideoState.ANALYSING),
            VideoState.PAIRING,
        ),
    ),
    "paused": State("Paused", (JobState.PAUSED,)),
    "done": State("Done", (JobState.DONE,)),
    "failed": State("Failed or refused", (JobState.FAILED, VideoState.REFUSED)),
    "cancelled": State("Cancelled", (JobState.CANCELLED,)),
}


@dataclass(frozen=True)
class Size:
    """Sources of more than ``above`` lines, and at most ``most``."""

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
    """An order. The id comes last in all, so that no video is on two pages."""

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
    """A search. What is empty is not asked for."""

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
    """The layout, if it is not the person's usual one."""

    @classmethod
    def parse(cls, said: QueryDict) -> LibraryQuery:
        """From an address that anybody may have typed: what makes no sense is left out."""
        return cls(
            q=" ".join(said.get("q", "").replace("\0", "").split())[:MOST_LETTERS],
            game=_one_of(Game.values, said.get("game", "")),
            model=_id(said.get("model", "")),
            state=_one_of(STATES, said.get("state", "")),
            size=_one_of(SIZES, said.get("size", "")),
            year=said.get("year", "") if said.get("year", "").isdecimal() and len(said["year"]) == 4 else "",
            tag=tuple(dict.fromkeys(filter(None, map(Tag.key_of, said.getlist("tag")))))[:MOST_TAGS],
            collection=_id(said.get("collection", "")),
            sort=_one_of(SORTS, said.get("sort", "")) or NEWEST,
            view=_one_of(LAYOUTS, said.get("view", "")),
        )

    @classmethod
    def from_query(cls, query: str) -> LibraryQuery:
        """The reverse of ``query``."""
        return cls.parse(QueryDict(query))

    @property
    def query(self) -> str:
        """The shortest address that says the same, without a page."""
        said = {name: value for name, value in vars(self).items() if value and (name, value) != ("sort", NEWEST)}
        return urlencode(said, doseq=True)

    @property
    def is_filtered(self) -> bool:
        """Is anything left out of the library?"""
        return any(getattr(self, name) for name in FILTERS)

    @property
    def is_plain(self) -> bool:
        """The library as everybody finds it, in whatever layout?"""
        return not self.is_filtered and self.sort == NEWEST

    def without(self, name: str, value: str = "") -> LibraryQuery:
        """The same with a filter less; of several tags, only the one."""
        rest: Any = tuple(tag for tag in self.tag if tag != value) if name == "tag" else ""
        return replace(self, **{name: rest})


FILTERS = tuple(field.name for field in fields(LibraryQuery) if field.name not in ("sort", "view"))


def find(user: User, search: LibraryQuery) -> QuerySet[Listing]:
    """The rows of a person's videos that fit, in no order."""
    rows = Listing.objects.filter(owner=user)
    for word in fold(search.q).split()[:MOST_WORDS]:
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
    """The same as they are shown, without the text that they were found by."""
    return find(user, search).order_by(*SORTS[search.sort].by).defer("search_text", "sort_title")


def _within(size: Size) -> Q:
    above = Q(height__gt=size.above)
    return above & Q(height__lte=size.most) if size.most else above


def _one_of(known: Mapping[str, object] | Sequence[str], said: str) -> str:
    return said if said in known else ""


def _id(said: str) -> str:
    try:
        return str(UUID(said))
    except ValueError:
        return ""
