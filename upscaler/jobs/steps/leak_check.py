"""Checks a dataset for leaks: frames that are trained on and show what a held-out frame shows."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from upscaler.jobs.actions.leaks import leaks_store
from upscaler.jobs.base import stopping
from upscaler.jobs.base.failures import as_pipeline_error
from upscaler.jobs.steps.dataset_folder import write_folder
from upscaler.jobs.worker.heartbeat import heartbeat
from upscaler.media.files import Scratch, scratch_folder
from upscaler.models import Dataset
from upscaler.pipeline.core.errors import PipelineError, Stopped
from upscaler.training.dataset.leaks import Leak, leaks

logger = logging.getLogger(__name__)

TELL_SECONDS = 1.0
ACTIVITY = "Checking a dataset for leaks"


def check_leaks(dataset_id: UUID, check: str) -> None:
    """Search a dataset for leaks, and store those found. ``check`` names the check: a later one replaces it."""
    dataset = Dataset.objects.filter(pk=dataset_id, leaks_json__check=check).first()
    if dataset is None:
        return
    scratch = scratch_folder(Scratch.LEAKS, dataset.pk)
    try:
        with heartbeat.activity(ACTIVITY), as_pipeline_error(f"Leak check of dataset {dataset.pk}", 1):
            found = leaks(write_folder(dataset, scratch / "dataset", {}), _progress(dataset, check))
        leaks_store(dataset, check, state="done", leaks=[_row(leak) for leak in found])
    except Stopped:
        leaks_store(dataset, check, state="stopped")
    except PipelineError as error:
        logger.warning("Leak check of dataset %s: %s\n%s", dataset.pk, error.message, error.detail)
        leaks_store(dataset, check, state="failed", error=error.message)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _progress(dataset: Dataset, check: str) -> Callable[[int, int], None]:
    """Return a callback that stores how far the search is, about once a second.

    It raises Stopped when this worker has to stop, and when the dataset has changed or another check has replaced this.
    """
    told_at = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal told_at
        stopping.raise_if_cancelled(0)
        if time.monotonic() - told_at < TELL_SECONDS:
            return
        told_at = time.monotonic()
        if not leaks_store(dataset, check, state="checking", done=done, total=total):
            raise Stopped("The dataset has changed.")

    return tell


def _row(leak: Leak) -> dict[str, Any]:
    return {
        "training": leak.training.id,
        "training_frame": leak.training_frame,
        "held_out": leak.held_out.id,
        "held_out_frame": leak.held_out_frame,
    }
