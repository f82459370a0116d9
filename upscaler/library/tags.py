"""Tags of videos, created at their first use and deleted with the last video that has them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from upscaler.library.listing import in_parts
from upscaler.models import Tag, User, Video
from upscaler.models.tag import MAX_TAG_LENGTH
from upscaler.pipeline.core.safe_text import one_line

MAX_TAGS = 30
"""Tags that one video can have."""


def names_of(text: str) -> list[str]:
    """Return the names in a text, separated by commas, each once regardless of case."""
    names = (one_line(name)[:MAX_TAG_LENGTH] for name in text.split(","))
    return list({Tag.key_of(name): name for name in names if Tag.key_of(name)}.values())


def tags_get(*, user: User, names: Iterable[str]) -> list[Tag]:
    """Return a person's tags of these names, created where they are new."""
    names_by_key = {Tag.key_of(name): name for name in names}
    Tag.objects.bulk_create(
        (Tag(owner=user, name=name, key=key) for key, name in names_by_key.items()), ignore_conflicts=True
    )
    return list(Tag.objects.filter(owner=user, key__in=names_by_key))


def tags_add(*, user: User, ids: Iterable[UUID], names: Iterable[str]) -> None:
    """Add tags to videos."""
    links = Video.tags.through
    with _alone(user):
        tags = tags_get(user=user, names=names)
        for batch in in_parts(ids):
            links.objects.bulk_create(
                [links(video_id=id, tag_id=tag.pk) for id in batch for tag in tags], ignore_conflicts=True
            )


def tags_remove(*, user: User, ids: Iterable[UUID], names: Iterable[str]) -> None:
    """Remove tags from videos."""
    keys = [Tag.key_of(name) for name in names]
    if not keys:
        return
    with _alone(user):
        tags = Tag.objects.filter(owner=user, key__in=keys)
        for batch in in_parts(ids):
            Video.tags.through.objects.filter(video__in=batch, tag__in=tags).delete()
        _tidy(user)


def tags_set(*, video: Video, names: Iterable[str]) -> None:
    """Replace the tags of a video."""
    with _alone(video.owner):
        video.tags.set(tags_get(user=video.owner, names=names))
        _tidy(video.owner)


def _tidy(user: User) -> None:
    """Delete tags that no video has."""
    Tag.objects.filter(~Exists(Video.tags.through.objects.filter(tag=OuterRef("pk"))), owner=user).delete()


@contextlib.contextmanager
def _alone(user: User) -> Iterator[None]:
    """Run a transaction in which nothing else changes a person's tags, so that a tag just added isn't tidied away."""
    with transaction.atomic(savepoint=False):
        list(User.objects.select_for_update(no_key=True).filter(pk=user.pk).values_list("pk"))
        yield
