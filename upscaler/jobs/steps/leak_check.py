"""Checks a dataset for leaks: frames that are trained on and show what a held-out frame shows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from upscaler.jobs.steps.dataset_folder import write_folder
from upscaler.jobs.steps.dataset_work import dataset_work
from upscaler.media.files import Scratch
from upscaler.training.dataset.leaks import Leak, leaks

ACTIVITY = "Checking a dataset for leaks"


def check_leaks(dataset_id: UUID, work: str) -> None:
    """Search a dataset for leaks, and store those found."""
    with dataset_work("leaks", dataset_id, work, activity=ACTIVITY, scratch=Scratch.LEAKS) as begun:
        if begun is not None:
            found = leaks(write_folder(begun.dataset, begun.scratch / "dataset", {}), begun.on_progress)
            begun.finish(leaks=[_row(leak) for leak in found])


def _row(leak: Leak) -> dict[str, Any]:
    return {
        "training": leak.training.id,
        "training_frame": leak.training_frame,
        "held_out": leak.held_out.id,
        "held_out_frame": leak.held_out_frame,
    }
