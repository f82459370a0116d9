"""The seconds of a run, and what is due by them."""

from __future__ import annotations

import time

from .recipe import TrainingRecipe

MEASURED_STEPS = 20
"""Steps from which the speed is measured, after UNMEASURED_STEPS slower ones."""
UNMEASURED_STEPS = 5


class Clock:
    """The seconds of a run, over all of its sessions, and what is due."""

    def __init__(self, recipe: TrainingRecipe, step: int, seconds: float) -> None:
        self._recipe = recipe
        self._began = time.monotonic() - seconds
        self._snapshot_at = self._checkpoint_at = time.monotonic()
        self._measured_from = step + UNMEASURED_STEPS
        self._measured_at = 0.0

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def seconds_per_step(self, step: int) -> float | None:
        """Return the mean of this session, None before enough steps were taken."""
        if step <= self._measured_from:
            self._measured_at = self.seconds
            return None
        taken = step - self._measured_from
        return (self.seconds - self._measured_at) / taken if taken >= MEASURED_STEPS else None

    def is_snapshot_due(self) -> bool:
        return time.monotonic() - self._snapshot_at >= self._recipe.snapshot_seconds

    def snapshot_taken(self) -> None:
        self._snapshot_at = time.monotonic()

    def is_checkpoint_due(self) -> bool:
        return time.monotonic() - self._checkpoint_at >= self._recipe.checkpoint_seconds

    def checkpoint_written(self) -> None:
        self._checkpoint_at = time.monotonic()
