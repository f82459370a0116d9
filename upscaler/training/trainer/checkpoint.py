"""Checkpoints: everything that a run needs to continue exactly, written so that a kill at any moment loses nothing."""

from __future__ import annotations

import logging
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch

from upscaler.pipeline.core.errors import PipelineError

logger = logging.getLogger(__name__)

KEPT = 2
"""The newest checkpoints; the older of them serves if the newer one can't be read."""
PATTERN = "step-*.pt"


def write(folder: Path, step: int, state: dict[str, Any]) -> Path:
    """Write a checkpoint, then delete all but the newest. ``state`` holds tensors and JSON values.

    Raises PipelineError if the disk is full; the checkpoints that were there stay.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"step-{step:08d}.pt"
    temporary = path.with_suffix(".tmp")
    try:
        with temporary.open("wb") as file:
            torch.save(state | {"step": step}, file)
            file.flush()
            os.fsync(file.fileno())
    except (OSError, RuntimeError) as error:  # torch reports a full disk as a RuntimeError
        temporary.unlink(missing_ok=True)
        raise PipelineError(
            "The checkpoint can't be written. Free some space on the disk: the run continues from the one before.",
            permanent=False,
            detail=str(error),
        ) from error
    temporary.replace(path)
    for old in sorted(folder.glob(PATTERN))[:-KEPT]:
        old.unlink(missing_ok=True)
    return path


def read_newest(folder: Path) -> dict[str, Any] | None:
    """Return the newest checkpoint that can be read, or None if there is none."""
    for path in sorted(folder.glob(PATTERN), reverse=True):
        try:
            state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        except (OSError, EOFError, RuntimeError, pickle.UnpicklingError, zipfile.BadZipFile) as error:
            logger.warning("The checkpoint %s is damaged, so the one before it is used: %s", path.name, error)
            continue
        return state
    return None
