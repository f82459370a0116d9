"""Keeps the rows by which the library is searched. Code that changes their data calls a function of this module."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce

from upscaler.models import Game, Job, Listing, Video
from upscaler.models.listing import fold, in_order

T = TypeVar("T")

AT_ONCE = 500
"""Rows per query; SQLite allows some thousands of parameters."""
WRITTEN = ["sort_title", "search_text", "game", "year", "height", "seconds", "size"]
"""Columns that ``listing_write`` updates. The state is not among them: a worker may change it at the same moment."""

GAMES = dict(Game.choices)
READ = (
    *("owner", "created_at", "title", "game", "map", "mode", "players", "year", "notes"),
    *("original_name", "uploader", "size", "state"),
)
MEASURED = {f"measured_{name}": KT(f"facts_json__{name}") for name in ("height", "frames", "rate")}
"""Three facts of a video. The database extracts them in a fifth of the time that parsing all facts here takes."""


def listing_write(ids: Iterable[UUID]) -> None:
    """Update the rows of videos. Those in the trash lose their row, restored ones get one."""
    for batch in in_parts(ids):
        with transaction.atomic():
            rows = Video.objects.filter(pk__in=batch, trashed_at__isnull=True).order_by("pk")
            videos = list(rows.annotate(**MEASURED).only(*READ))
            if len(videos) < len(batch):
                Listing.objects.filter(video__in=batch).exclude(video__in=[video.pk for video in videos]).delete()
            tags = _tags(videos)
            Listing.objects.bulk_create(
                [_row(video, tags[video.pk]) for video in videos],
                update_conflicts=True,
                unique_fields=["video"],
                update_fields=WRITTEN,
            )
            listing_follow([video.pk for video in videos])


def listing_remove(ids: Iterable[UUID]) -> None:
    """Delete the rows of videos that are in the trash."""
    for batch in in_parts(ids):
        Listing.objects.filter(video__in=batch).delete()


def listing_follow(ids: Iterable[UUID]) -> None:
    """Copy the state and the model of the newest job of videos whose jobs have changed."""
    for batch in in_parts(ids):
        model = Subquery(_newest_job().values("model")[:1])
        Listing.objects.filter(video__in=batch).update(state=_state_now(), model=model)


def listing_repair() -> int:
    """Repair rows that are out of date, after changes by hand or two at one moment, and return how many."""
    missing = Video.objects.filter(listing__isnull=True, trashed_at__isnull=True)
    stray = Video.objects.filter(listing__isnull=False, trashed_at__isnull=False)
    behind = Listing.objects.annotate(now=_state_now()).exclude(state=F("now"))
    unlisted = [*missing.values_list("pk", flat=True), *stray.values_list("pk", flat=True)]
    listing_write(unlisted)
    late = list(behind.values_list("pk", flat=True))
    listing_follow(late)
    return len(unlisted) + len(late)


def in_parts(values: Iterable[T]) -> Iterator[list[T]]:
    """Split values into batches that fit into one query."""
    rest = iter(values)
    while batch := list(islice(rest, AT_ONCE)):
        yield batch


def text_of(video: Video, tags: Sequence[str]) -> str:
    """Return the text that is searched. Line breaks separate the fields, so that no match spans two of them."""
    fields = (
        video.title,
        GAMES.get(video.game, video.game),
        video.map,
        video.mode,
        video.players,
        " ".join(tags),
        video.notes,
        video.original_name,
        video.uploader,
    )
    return "\n".join(filter(None, map(fold, fields)))


def _newest_job() -> QuerySet[Job]:
    """Return the newest job of a row's video, for a subquery."""
    return Job.objects.filter(video=OuterRef("video")).order_by("-created_at")


def _state_now() -> Coalesce:
    states = Video.objects.filter(pk=OuterRef("video")).values("state")
    return Coalesce(Subquery(_newest_job().values("state")[:1]), Subquery(states))


def _tags(videos: Sequence[Video]) -> dict[UUID, list[str]]:
    """Return the names of tags by video."""
    names: dict[UUID, list[str]] = defaultdict(list)
    links = Video.tags.through.objects.filter(video__in=[video.pk for video in videos]).order_by("tag__key")
    for video, name in links.values_list("video_id", "tag__name"):
        names[video].append(name)
    return names


def _row(video: Any, tags: Sequence[str]) -> Listing:
    """Return the row of a video that is annotated with MEASURED."""
    is_measured = video.measured_rate is not None
    return Listing(
        video_id=video.pk,
        owner_id=video.owner_id,
        created_at=video.created_at,
        sort_title=in_order(video.title),
        search_text=text_of(video, tags),
        game=video.game,
        year=video.year,
        height=int(video.measured_height) if is_measured else None,
        seconds=float(int(video.measured_frames) / Fraction(video.measured_rate)) if is_measured else None,
        size=video.size,
        state=video.state,
    )
