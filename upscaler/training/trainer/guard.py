"""The guard: notices a run that goes wrong, and says what to do about it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

SKIPS = 5
"""Steps in a row without a finite loss or gradient before the run returns to its best weights."""
FALL_DB = 0.15
"""Fall of the held-out PSNR below the best that is more than noise."""
CRISP_FALL_DB = 2.0
"""The same in the crisp stage, which gives up some PSNR."""
FALLS = 2
"""Scores in a row that have to be that much below the best."""
RATE_FACTOR = 0.5


class Verdict(StrEnum):
    CONTINUE = "continue"
    SKIP = "skip"
    """Leave this step's gradient out."""
    RETURN = "return"
    """Return to the best weights with half the learning rate."""
    END = "end"
    """End the run with its best weights."""


@dataclass
class Guard:
    """Its fields are part of a checkpoint. It returns to the best weights once; the next time, it ends the run."""

    fall: float = FALL_DB
    best_score: float = -math.inf
    best_step: int = 0
    falls: int = 0
    skips: int = 0
    skipped: int = 0
    """All steps that were left out."""
    returns: int = 0

    @property
    def rate_factor(self) -> float:
        return RATE_FACTOR**self.returns

    def judge_step(self, loss: float, gradient: float) -> Verdict:
        """Judge a step by its loss and the norm of its gradient."""
        if math.isfinite(loss) and math.isfinite(gradient):
            self.skips = 0
            return Verdict.CONTINUE
        self.skips += 1
        self.skipped += 1
        return self._return_or_end() if self.skips >= SKIPS else Verdict.SKIP

    def judge_score(self, score: float, step: int) -> Verdict:
        """Judge a held-out PSNR in dB."""
        if score > self.best_score:
            self.best_score, self.best_step, self.falls = score, step, 0
            return Verdict.CONTINUE
        is_fallen = not math.isfinite(score) or score < self.best_score - self.fall
        self.falls = self.falls + 1 if is_fallen else 0
        return self._return_or_end() if self.falls >= FALLS else Verdict.CONTINUE

    def _return_or_end(self) -> Verdict:
        self.falls = self.skips = 0
        if self.returns:
            return Verdict.END
        self.returns += 1
        return Verdict.RETURN

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
