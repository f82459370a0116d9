"""The frame of work on a whole dataset: its scratch folder, its progress, and what becomes of its errors."""

from __future__ import annotations

import contextlib
import logging
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from upscaler.jobs.actions.dataset_work import Kind, dataset_of_work, work_store
from upscaler.jobs.base import stopping
from upscaler.jobs.base.failures import as_pipeline_error
from upscaler.jobs.worker.heartbeat import heartbeat
from upscaler.media.files import Scratch, scratch_folder
from upscaler.models import Dataset
from upscaler.pipeline.core.errors import PipelineError, Stopped

logger = logging.getLogger(__name__)

TELL_SECONDS = 1.0


@dataclass(frozen=True)
class DatasetWork:
    """Work that has begun. ``on_progress`` gets what is done of a total, and raises Stopped when it has to end."""

    dataset: Dataset
    scratch: Path
    on_progress: Callable[[int, int], None]
    finish: Callable[..., object]
    """Called with what to store at the end."""


@contextlib.contextmanager
def dataset_work(
    kind: Kind, dataset_id: UUID, work: str, *, activity: str, scratch: Scratch
) -> Iterator[DatasetWork | None]:
    """Yield the work, or None if it was replaced. An exception in the block ends it, and its sentence is stored."""
    dataset = dataset_of_work(kind, dataset_id, work)
    if dataset is None:
        yield None
        return
    folder = scratch_folder(scratch, dataset.pk)

    def finish(**values: Any) -> None:
        work_store(kind, dataset, work, state="done", **values)

    try:
        with heartbeat.activity(activity), as_pipeline_error(f"{activity} {dataset.pk}", 1):
            yield DatasetWork(dataset, folder, _progress(kind, dataset, work), finish)
    except Stopped:
        work_store(kind, dataset, work, state="stopped")
    except PipelineError as error:
        logger.warning("%s %s: %s\n%s", activity, dataset.pk, error.message, error.detail)
        work_store(kind, dataset, work, state="failed", error=error.message)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _progress(kind: Kind, dataset: Dataset, work: str) -> Callable[[int, int], None]:
    """Return a callback that stores how far the work is, about once a second."""
    told_at = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal told_at
        stopping.raise_if_cancelled(0)
        if time.monotonic() - told_at < TELL_SECONDS:
            return
        told_at = time.monotonic()
        if not work_store(kind, dataset, work, state="running", done=done, total=total):
            raise Stopped("The dataset has changed.")

    return tell
