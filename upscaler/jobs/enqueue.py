"""The doorbell: tasks say that there may be work, rows say what it is."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

from upscaler.library.listing import in_parts

TASKS = "upscaler.jobs.tasks"


def ring_render() -> None:
    """There may be segments to render."""
    _ring("gpu", "render")


def ring_intake(video: UUID) -> None:
    """A video has arrived, or should be looked at again."""
    _ring("cpu", "take_in_video", str(video))


def ring_proxy(video: UUID) -> None:
    """A video wants a copy that browsers play."""
    _ring("cpu", "make_proxy", str(video))


def ring_assembly(job: UUID) -> None:
    """All segments of a job may be done."""
    _ring("cpu", "assemble", str(job))


def ring_comparison(job: UUID) -> None:
    """A published job wants the files of its comparison."""
    _ring("cpu", "make_comparison", str(job))


def ring_post(post: UUID) -> None:
    """A clip to post is wanted."""
    _ring("cpu", "make_post", str(post))


def ring_weights(model: UUID) -> None:
    """A file of weights has arrived."""
    _ring("cpu", "check_weights", str(model))


def ring_removal(*prefixes: str) -> None:
    """Folders in media storage that no row names any more."""
    for some in in_parts(prefixes):
        _ring("cpu", "remove_folder", *some)


def ring_trash() -> None:
    """Somebody has emptied their trash."""
    _ring("cpu", "empty_trash")


def is_quiet(queue: str) -> bool:
    """Does no bell wait to be heard in this queue?"""
    return not OrmQ.objects.filter(key=queue, lock__lte=timezone.now()).exists()


def _ring(queue: str, task: str, *arguments: str) -> None:
    """After the commit, so that the worker sees the rows that the bell is about."""
    transaction.on_commit(lambda: async_task(f"{TASKS}.{task}", *arguments, cluster=queue))
