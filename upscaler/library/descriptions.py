"""Descriptions of videos by their owners. File details, such as name and hash, don't change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.db import transaction

from upscaler.library.listing import in_parts, listing_write
from upscaler.library.tags import tags_add, tags_remove, tags_set
from upscaler.models import User, Video

ABOUT = ("title", "game", "map", "mode", "players", "year", "source_url", "uploader", "notes")


def video_describe(*, video: Video, values: Mapping[str, str | int | None], tags: Iterable[str]) -> None:
    """Replace the description of a video. Raises KeyError unless ``values`` has everything in ABOUT."""
    description = {name: values[name] for name in ABOUT}
    with transaction.atomic():
        Video.objects.filter(pk=video.pk).update(**description)
        tags_set(video=video, names=tags)
        listing_write([video.pk])


def videos_describe(
    *,
    user: User,
    ids: Sequence[UUID],
    values: Mapping[str, str | int | None],
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
) -> None:
    """Change some fields and tags of several videos of a person."""
    with transaction.atomic():
        for batch in in_parts(ids) if values else ():
            Video.objects.filter(owner=user, pk__in=batch).update(**values)
        tags_add(user=user, ids=ids, names=add)
        tags_remove(user=user, ids=ids, names=remove)
        listing_write(ids)
