"""Stores the points of a run and what it has reached, and reports both to its page."""

from __future__ import annotations

import logging
import math
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction

from upscaler.jobs.training.run_storage import RunStorage
from upscaler.live import log
from upscaler.models import RunPoint, TrainingRun
from upscaler.selectors.runs import seconds_left

logger = logging.getLogger(__name__)


class Report:
    """What a session of a run reports. While the database doesn't respond, points are kept for later."""

    def __init__(self, run: TrainingRun, storage: RunStorage) -> None:
        self._run, self._storage = run, storage
        self._waiting: list[dict[str, Any]] = []
        self._snapshots: set[int] = set()
        self._shown = (0, False)

    def begin(self, answer: dict[str, Any]) -> None:
        """Report from where the run continues. Points after that are deleted: they are trained again."""
        run, step = self._run, answer["step"]
        with transaction.atomic():
            run.points.filter(step__gt=step).delete()
            TrainingRun.objects.filter(pk=run.pk).update(step=step)
            log.append(run, {"kind": "rewound", "step": step})
            device = "the CPU" if answer["device"] == "cpu" else f"the device {answer['device']}"
            start = f"Continues from step {step:,} on {device}." if step else f"Starts on {device}."
            log.append(run, {"kind": "log", "text": start})
        self._snapshots = set(run.points.filter(has_snapshot=True).values_list("step", flat=True))

    def pictures(self) -> None:
        """Report the pictures that stay the same, once they are stored."""
        shown = self._storage.fixed_pictures()
        if shown != self._shown:
            self._shown = shown
            log.append(self._run, {"kind": "shown", "pictures": shown[0], "has_base": shown[1]})

    def add(self, answer: dict[str, Any]) -> None:
        """Store a point, once its snapshot is stored."""
        self._waiting.append(answer)
        self.flush()

    def flush(self) -> None:
        """Store the points that wait, and forget the snapshots that the run has thinned out."""
        try:
            self.pictures()
            while self._waiting:
                self._write(self._waiting[0])
                del self._waiting[0]
            thinned = self._snapshots - self._storage.snapshots()
            if thinned:
                self._run.points.filter(step__in=thinned).update(has_snapshot=False)
                self._snapshots -= thinned
        except (OperationalError, InterfaceError) as error:
            logger.warning("Can't report the points of run %s: %s", self._run.pk, error)
            connection.close()

    def _write(self, answer: dict[str, Any]) -> None:
        run, step = self._run, answer["step"]
        has_snapshot = answer["has_snapshot"] and step in self._storage.snapshots()
        loss, score = _finite(answer["loss"]), _finite(answer["score"])
        reached = {"step": step, "total": answer["total"], "seconds": answer["seconds"]}
        with transaction.atomic():
            if not TrainingRun.objects.filter(pk=run.pk).update(**reached):
                return  # deleted in the meantime
            earlier = run.points.filter(step=step).first()
            note = answer["note"] or (earlier.note if earlier else "")
            score = earlier.score if earlier and score is None else score
            values = {
                "seconds": answer["seconds"],
                "loss": loss,
                "rate": answer["rate"],
                "score": score,
                "note": note,
                "has_snapshot": has_snapshot,
            }
            RunPoint.objects.update_or_create(run=run, step=step, defaults=values)
            run.step, run.total, run.seconds = step, answer["total"], answer["seconds"]
            TrainingRun.objects.filter(pk=run.pk).update(best_step=self._best_step())
            log.append(
                run,
                {
                    "kind": "point",
                    "step": step,
                    "total": answer["total"],
                    "seconds": answer["seconds"],
                    "seconds_left": seconds_left(run),
                    "loss": loss,
                    "rate": answer["rate"],
                    "score": score,
                    "note": note,
                    "has_snapshot": has_snapshot,
                    "has_pictures": has_snapshot and self._storage.pictures(step) > 0,
                },
            )
            if answer["note"]:
                log.append(run, {"kind": "log", "text": f"Step {step:,}: {answer['note']}"})
        if has_snapshot:
            self._snapshots.add(step)

    def _best_step(self) -> int:
        best = self._run.points.filter(score__isnull=False).order_by("-score", "step").first()
        return best.step if best else 0


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
