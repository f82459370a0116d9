"""Keeps the rows that the library is searched by. Whoever changes what stands in one calls a function of this file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from upscaler.models import Job, Listing, Video
from upscaler.models.listing import fold, in_order

AT_ONCE = 500
"""Rows a query; SQLite takes some thousands of parameters."""
WRITTEN = ["sort_title", "search_text", "game", "year", "height", "seconds", "size"]
"""What ``listing_write`` knows. The state is not among it: a worker may change that at the same moment."""


def listing_write(ids: Iterable[UUID]) -> None:
    """Write down what these videos are found by, anew. Those in the trash have no row, those that come back get one."""
    for some in in_parts(ids):
        with transaction.atomic():
            kept = list(
                Video.objects.filter(pk__in=some, trashed_at__isnull=True).order_by("pk").prefetch_related("tags")
            )
            Listing.objects.filter(video__in=some).exclude(video__in=[video.pk for video in kept]).delete()
            Listing.objects.bulk_create(
                [_row(video) for video in kept],
                update_conflicts=True,
                unique_fields=["video"],
                update_fields=WRITTEN,
            )
            listing_follow([video.pk for video in kept])


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


def in_parts(ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    """As many as one query takes."""
    rest = iter(ids)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def text_of(video: Video) -> str:
    """What is searched. No word has a line break in it, so that none is found across two fields."""
    tags = " ".join(tag.name for tag in video.tags.all())
    fields = (
        video.title,
        video.get_game_display(),
        video.map,
        video.mode,
        video.players,
        tags,
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


def _row(video: Video) -> Listing:
    facts = video.facts_json
    return Listing(
        video=video,
        owner_id=video.owner_id,
        created_at=video.created_at,
        sort_title=in_order(video.title),
        search_text=text_of(video),
        game=video.game,
        year=video.year,
        height=facts["height"] if facts else None,
        seconds=float(facts["frames"] / Fraction(facts["rate"])) if facts else None,
        size=video.size,
        state=video.state,
    )
