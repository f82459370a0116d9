"""Collections: videos that a person put together."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from upscaler.library.listing import in_parts
from upscaler.models import Collection, User
from upscaler.pipeline.core.printable import one_line

MOST_LETTERS = 100


def collections_of(user: User) -> QuerySet[Collection]:
    """A person's, by name, each with how many videos are in it, as ``count``."""
    kept = Q(videos__trashed_at__isnull=True)
    return Collection.objects.filter(owner=user).annotate(count=Count("videos", filter=kept)).order_by("name")


def collection_get_or_create(*, user: User, name: str) -> Collection | None:
    """That of this name; None for a name that is none."""
    name = _name(name)
    return Collection.objects.get_or_create(owner=user, name=name)[0] if name else None


def collection_rename(*, collection: Collection, name: str) -> bool:
    """False for a name that is none, or that another has."""
    name = _name(name)
    others = Collection.objects.filter(owner=collection.owner, name=name).exclude(pk=collection.pk)
    if not name or others.exists():
        return False
    return bool(Collection.objects.filter(pk=collection.pk).update(name=name))


def collection_add(*, collection: Collection, ids: Iterable[UUID]) -> None:
    """Put its owner's videos into it; those that are in it stay."""
    links = Collection.videos.through
    for some in in_parts(ids):
        links.objects.bulk_create(
            [links(collection_id=collection.pk, video_id=id) for id in some], ignore_conflicts=True
        )


def collection_remove(*, collection: Collection, ids: Iterable[UUID]) -> None:
    """Take videos out of it; nothing else happens to them."""
    for some in in_parts(ids):
        Collection.videos.through.objects.filter(collection=collection, video__in=some).delete()


def _name(said: str) -> str:
    return one_line(said)[:MOST_LETTERS]
