"""Deletes accounts, with everything that belongs to them."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from upscaler.jobs.actions import captures, removal
from upscaler.library.listing import in_parts
from upscaler.media.media_store import media_store
from upscaler.models import Upload, User, Video


def accounts_delete(*, ids: Iterable[int]) -> None:
    """Delete accounts, their libraries with the trash, their datasets, their links and their unfinished uploads.

    Rows are deleted at once, and running jobs cancelled; a task deletes the files of videos, jobs and captures. Models
    that they uploaded stay: they belong to the server, and others' jobs may use them.
    """
    with transaction.atomic():
        # locked, so that nothing is added to these accounts while their rows are listed
        accounts = list(User.objects.select_for_update().filter(pk__in=list(ids)).order_by("pk"))
        for batch in in_parts(list(Video.objects.filter(owner__in=accounts).values_list("pk", flat=True))):
            removal.videos_delete_rows(ids=batch)
        captures.datasets_delete(owners=accounts)
        keys = [upload.key for upload in Upload.objects.filter(owner__in=accounts)]
        User.objects.filter(pk__in=[account.pk for account in accounts]).delete()
        transaction.on_commit(lambda: _uploads_delete(keys))


def _uploads_delete(keys: list[str]) -> None:
    for key in keys:
        media_store().incoming_path(key).unlink(missing_ok=True)
