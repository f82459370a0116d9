"""Tags of videos: made when they are first used, gone with the last video that has them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from upscaler.library.listing import in_parts
from upscaler.models import Tag, User, Video
from upscaler.models.tag import MOST_LETTERS
from upscaler.pipeline.core.printable import one_line

MOST_TAGS = 30
"""Of one video."""


def names_of(text: str) -> list[str]:
    """What was typed with commas between, each name once, whatever its case."""
    names = (one_line(name)[:MOST_LETTERS] for name in text.split(","))
    return list({Tag.key_of(name): name for name in names if Tag.key_of(name)}.values())


def tags_get(*, user: User, names: Iterable[str]) -> list[Tag]:
    """A person's tags of these names; those that there are not yet are made."""
    wanted = {Tag.key_of(name): name for name in names}
    Tag.objects.bulk_create(
        (Tag(owner=user, name=name, key=key) for key, name in wanted.items()), ignore_conflicts=True
    )
    return list(Tag.objects.filter(owner=user, key__in=wanted))


def tags_add(*, user: User, ids: Iterable[UUID], names: Iterable[str]) -> None:
    """Give these videos these tags besides those that they have."""
    links = Video.tags.through
    with _alone(user):
        tags = tags_get(user=user, names=names)
        for some in in_parts(ids):
            links.objects.bulk_create(
                [links(video_id=id, tag_id=tag.pk) for id in some for tag in tags], ignore_conflicts=True
            )


def tags_remove(*, user: User, ids: Iterable[UUID], names: Iterable[str]) -> None:
    """Take these tags from these videos."""
    keys = [Tag.key_of(name) for name in names]
    if not keys:
        return
    with _alone(user):
        tags = Tag.objects.filter(owner=user, key__in=keys)
        for some in in_parts(ids):
            Video.tags.through.objects.filter(video__in=some, tag__in=tags).delete()
        _tidy(user)


def tags_set(*, video: Video, names: Iterable[str]) -> None:
    """These tags and no others."""
    with _alone(video.owner):
        video.tags.set(tags_get(user=video.owner, names=names))
        _tidy(video.owner)


def _tidy(user: User) -> None:
    """Tags that no video has are not offered any more."""
    Tag.objects.filter(~Exists(Video.tags.through.objects.filter(tag=OuterRef("pk"))), owner=user).delete()


@contextlib.contextmanager
def _alone(user: User) -> Iterator[None]:
    """A transaction in which nobody else gives or takes tags of this person: one that is given just now is not tidied
    away."""
    with transaction.atomic(savepoint=False):
        list(User.objects.select_for_update(no_key=True).filter(pk=user.pk).values_list("pk"))
        yield
