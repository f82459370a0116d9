"""What the page says of the watched folder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from upscaler.models import User, Watch, WatchedFile

LATE_AFTER = timedelta(minutes=1)
"""A look takes a moment; after so long the folder hangs, or a large file is being copied."""
MOST_SHOWN = 20


@dataclass(frozen=True)
class Seen:
    """The folder as the last look found it."""

    watch: Watch
    is_late: bool
    taken: list[WatchedFile]
    """The last ones; without a video where that was deleted."""
    taken_count: int
    wrong: list[WatchedFile]
    wrong_count: int


def seen_by(user: User) -> Seen | None:
    """For the owner of the server and the one whose library the files go to; None for others, or without a folder."""
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
        taken=list(taken[:MOST_SHOWN]),
        taken_count=taken.count(),
        wrong=list(wrong[:MOST_SHOWN]),
        wrong_count=wrong.count(),
    )
