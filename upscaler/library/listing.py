"""Keeps the rows that the library is searched by. Whoever changes what stands in one calls a function of this file."""

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
"""Rows a query; SQLite takes some thousands of parameters."""
WRITTEN = ["sort_title", "search_text", "game", "year", "height", "seconds", "size"]
"""What ``listing_write`` knows. The state is not among it: a worker may change that at the same moment."""

GAMES = dict(Game.choices)
READ = (
    *("owner", "created_at", "title", "game", "map", "mode", "players", "year", "notes"),
    *("original_name", "uploader", "size", "state"),
)
MEASURED = {f"measured_{name}": KT(f"facts_json__{name}") for name in ("height", "frames", "rate")}
"""Of a video, to write it. Facts are long; the database takes three out in a fifth of the time that it takes to open
them here."""


def listing_write(ids: Iterable[UUID]) -> None:
    """Write down what these videos are found by, anew. Those in the trash have no row, those that come back get one."""
    for some in in_parts(ids):
        with transaction.atomic():
            rows = Video.objects.filter(pk__in=some, trashed_at__isnull=True).order_by("pk")
            kept = list(rows.annotate(**MEASURED).only(*READ))
            if len(kept) < len(some):
                Listing.objects.filter(video__in=some).exclude(video__in=[video.pk for video in kept]).delete()
            tags = _tags(kept)
            Listing.objects.bulk_create(
                [_row(video, tags[video.pk]) for video in kept],
                update_conflicts=True,
                unique_fields=["video"],
                update_fields=WRITTEN,
            )
            listing_follow([video.pk for video in kept])


def listing_remove(ids: Iterable[UUID]) -> None:
    """These videos are in the trash: they are found no more."""
    for some in in_parts(ids):
        Listing.objects.filter(video__in=some).delete()


def listing_follow(ids: Iterable[UUID]) -> None:
    """A job of these videos has begun, ended, moved on or gone: take over the state and the model of the newest."""
    for some in in_parts(ids):
        model = Subquery(_newest_job().values("model")[:1])
        Listing.objects.filter(video__in=some).update(state=_state_now(), model=model)


def listing_repair() -> int:
    """Bring back in line what did not follow: rows that somebody changed by hand, or two that changed at one moment.

    Gives how many.
    """
    missing = Video.objects.filter(listing__isnull=True, trashed_at__isnull=True)
    stray = Video.objects.filter(listing__isnull=False, trashed_at__isnull=False)
    behind = Listing.objects.annotate(now=_state_now()).exclude(state=F("now"))
    unlisted = [*missing.values_list("pk", flat=True), *stray.values_list("pk", flat=True)]
    listing_write(unlisted)
    late = list(behind.values_list("pk", flat=True))
    listing_follow(late)
    return len(unlisted) + len(late)


def in_parts(values: Iterable[T]) -> Iterator[list[T]]:
    """As many as one query takes."""
    rest = iter(values)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def text_of(video: Video, tags: Sequence[str]) -> str:
    """What is searched. No word has a line break in it, so that none is found across two fields."""
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
    """Of the video of a listing, for a subquery."""
    return Job.objects.filter(video=OuterRef("video")).order_by("-created_at")


def _state_now() -> Coalesce:
    states = Video.objects.filter(pk=OuterRef("video")).values("state")
    return Coalesce(Subquery(_newest_job().values("state")[:1]), Subquery(states))


def _tags(videos: Sequence[Video]) -> dict[UUID, list[str]]:
    """Names of tags by their videos."""
    found: dict[UUID, list[str]] = defaultdict(list)
    links = Video.tags.through.objects.filter(video__in=[video.pk for video in videos]).order_by("tag__key")
    for video, name in links.values_list("video_id", "tag__name"):
        found[video].append(name)
    return found


def _row(video: Any, tags: Sequence[str]) -> Listing:
    """``video`` has what is in MEASURED too, as text."""
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
