"""The state of the watched folder, for the upload page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from upscaler.models import User, Watch, WatchedFile

LATE_AFTER = timedelta(minutes=1)
"""A scan is quick; after this long the folder hangs, or a large file is being copied."""
MAX_SHOWN = 20


@dataclass(frozen=True)
class Seen:
    """The folder as the last scan found it."""

    watch: Watch
    is_late: bool
    taken: list[WatchedFile]
    """The latest imports; without a video if it was deleted."""
    taken_count: int
    wrong: list[WatchedFile]
    wrong_count: int


def seen_by(user: User) -> Seen | None:
    """Return the folder's state for the owner of the server and of the library; None for others or without a folder."""
    folder = settings.ENVIRONMENT.watch
    if folder is None:
        return None
    watch = Watch.objects.filter(pk=1, folder=str(folder)).first() or Watch(folder=str(folder))
    if not user.is_superuser and watch.owner_id != user.pk:
        return None
    taken = WatchedFile.objects.filter(reason="").select_related("video").order_by("-at", "-pk")
    wrong = WatchedFile.objects.exclude(reason="").order_by("path")
    return Seen(
        watch=watch,
        is_late=watch.looked_at is None or watch.looked_at < timezone.now() - LATE_AFTER,
        taken=list(taken[:MAX_SHOWN]),
        taken_count=taken.count(),
        wrong=list(wrong[:MAX_SHOWN]),
        wrong_count=wrong.count(),
    )
