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
    """Enqueue a task that renders waiting segments."""
    _enqueue("gpu", "render")


def enqueue_analysis(video: UUID) -> None:
    """Enqueue the analysis of a video."""
    _enqueue("cpu", "take_in_video", str(video))


def enqueue_proxy(video: UUID) -> None:
    """Enqueue the thumbnails of a video, and the copy that browsers play."""
    _enqueue("cpu", "make_proxy", str(video))


def enqueue_assembly(job: UUID) -> None:
    """Enqueue the assembly of a job whose segments are done."""
    _enqueue("cpu", "assemble", str(job))


def enqueue_comparison(job: UUID) -> None:
    """Enqueue the files of a finished job's comparison."""
    _enqueue("cpu", "make_comparison", str(job))


def enqueue_post(post: UUID) -> None:
    """Enqueue a clip to post."""
    _enqueue("cpu", "make_post", str(post))


def enqueue_weights_check(model: UUID) -> None:
    """Enqueue the check of an uploaded model."""
    _enqueue("cpu", "check_weights", str(model))


def enqueue_samples(run: UUID) -> None:
    """Enqueue the preparation of a training run's samples."""
    _enqueue("cpu", "prepare_samples", str(run))


def enqueue_training(run: UUID) -> None:
    """Enqueue a training run whose samples are prepared."""
    _enqueue("gpu", "train", str(run))


def enqueue_capture(capture: UUID) -> None:
    """Enqueue the measurement of a capture, and the harvest of its frames."""
    _enqueue("cpu", "measure_capture", str(capture))


def enqueue_leak_check(dataset: UUID, work: str) -> None:
    """Enqueue a leak check of a dataset; ``work`` is its id."""
    _enqueue("cpu", "check_leaks", str(dataset), work)


def enqueue_export(dataset: UUID, work: str) -> None:
    """Enqueue an export of a dataset; ``work`` is its id."""
    _enqueue("cpu", "export_dataset", str(dataset), work)


def enqueue_removal(*prefixes: str) -> None:
    """Enqueue the deletion of folders in media storage."""
    for batch in in_parts(prefixes):
        _enqueue("cpu", "remove_folder", *batch)


def enqueue_trash() -> None:
    """Enqueue the deletion of videos from an emptied trash."""
    _enqueue("cpu", "empty_trash")


def is_queue_empty(queue: str) -> bool:
    """Return whether no task waits in this queue."""
    return not OrmQ.objects.filter(key=queue, lock__lte=timezone.now()).exists()


def _enqueue(queue: str, task: str, *arguments: str) -> None:
    """Enqueue after the commit, so that the worker sees the rows that the task is about."""
    transaction.on_commit(lambda: async_task(f"{TASKS}.{task}", *arguments, cluster=queue))
