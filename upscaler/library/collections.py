"""Collections of videos."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from upscaler.library.listing import in_parts
from upscaler.models import Collection, User
from upscaler.pipeline.core.safe_text import one_line

MAX_NAME_LENGTH = 100


def collections_of(user: User) -> QuerySet[Collection]:
    """Return a person's collections by name, each with its number of videos as ``count``."""
    untrashed = Q(videos__trashed_at__isnull=True)
    return Collection.objects.filter(owner=user).annotate(count=Count("videos", filter=untrashed)).order_by("name")


def collection_get_or_create(*, user: User, name: str) -> Collection | None:
    """Return the collection of a name, created if it is new; None for an empty name."""
    name = _name(name)
    return Collection.objects.get_or_create(owner=user, name=name)[0] if name else None


def collection_rename(*, collection: Collection, name: str) -> bool:
    """Rename a collection; False for an empty name, or one that another collection has."""
    name = _name(name)
    others = Collection.objects.filter(owner=collection.owner, name=name).exclude(pk=collection.pk)
    if not name or others.exists():
        return False
    return bool(Collection.objects.filter(pk=collection.pk).update(name=name))


def collection_add(*, collection: Collection, ids: Iterable[UUID]) -> None:
    """Add videos of the collection's owner."""
    links = Collection.videos.through
    for batch in in_parts(ids):
        links.objects.bulk_create(
            [links(collection_id=collection.pk, video_id=id) for id in batch], ignore_conflicts=True
        )


def collection_remove(*, collection: Collection, ids: Iterable[UUID]) -> None:
    """Remove videos from a collection, and keep the videos."""
    for batch in in_parts(ids):
        Collection.videos.through.objects.filter(collection=collection, video__in=batch).delete()


def _name(text: str) -> str:
    return one_line(text)[:MAX_NAME_LENGTH]
