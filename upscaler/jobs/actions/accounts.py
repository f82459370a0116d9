"""Accounts that go, with everything that is theirs."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from upscaler.jobs.actions import removal
from upscaler.library.listing import in_parts
from upscaler.media.media_store import media_store
from upscaler.models import Upload, User, Video


def people_delete(*, ids: Iterable[int]) -> None:
    """Remove accounts, their libraries with what is in the trash, their links, and what they were uploading.

    Rows go at once, and so do the jobs that are under way; the files of videos and jobs go by a task. Models that they
    brought stay: others' jobs may be made with them, and they are the server's.
    """
    with transaction.atomic():
        # locked: nothing comes to these any more while what they have is looked for
        people = list(User.objects.select_for_update().filter(pk__in=list(ids)).order_by("pk"))
        for some in in_parts(list(Video.objects.filter(owner__in=people).values_list("pk", flat=True))):
            removal.videos_forget(ids=some)
        keys = [upload.key for upload in Upload.objects.filter(owner__in=people)]
        User.objects.filter(pk__in=[person.pk for person in people]).delete()
        transaction.on_commit(lambda: _uploads_remove(keys))


def _uploads_remove(keys: list[str]) -> None:
    for key in keys:
        media_store().incoming_path(key).unlink(missing_ok=True)
