"""Enqueue tasks: a task says that there may be work, and the rows say what it is."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

from upscaler.library.listing import in_parts

TASKS = "upscaler.jobs.tasks"


def enqueue_render() -> None:
    """There may be segments to render."""
    _enqueue("gpu", "render")


def enqueue_analysis(video: UUID) -> None:
    """A video has arrived, or should be looked at again."""
    _enqueue("cpu", "take_in_video", str(video))


def enqueue_proxy(video: UUID) -> None:
    """A video wants a copy that browsers play."""
    _enqueue("cpu", "make_proxy", str(video))


def enqueue_assembly(job: UUID) -> None:
    """All segments of a job may be done."""
    _enqueue("cpu", "assemble", str(job))


def enqueue_comparison(job: UUID) -> None:
    """A published job wants the files of its comparison."""
    _enqueue("cpu", "make_comparison", str(job))


def enqueue_post(post: UUID) -> None:
    """A clip to post is wanted."""
    _enqueue("cpu", "make_post", str(post))


def enqueue_weights_check(model: UUID) -> None:
    """A file of weights has arrived."""
    _enqueue("cpu", "check_weights", str(model))


def enqueue_removal(*prefixes: str) -> None:
    """Folders in media storage that no row names any more."""
    for some in in_parts(prefixes):
        _enqueue("cpu", "remove_folder", *some)


def enqueue_trash() -> None:
    """Somebody has emptied their trash."""
    _enqueue("cpu", "empty_trash")


def is_queue_empty(queue: str) -> bool:
    """True if no task waits in this queue."""
    return not OrmQ.objects.filter(key=queue, lock__lte=timezone.now()).exists()


def _enqueue(queue: str, task: str, *arguments: str) -> None:
    """Enqueue after the commit, so that the worker sees the rows that the task is about."""
    transaction.on_commit(lambda: async_task(f"{TASKS}.{task}", *arguments, cluster=queue))
