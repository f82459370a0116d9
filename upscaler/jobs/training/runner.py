"""The GPU worker's task that trains a run, and leaves the device to upscaling when there is any."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator
from enum import Enum, auto
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection

from upscaler.jobs.actions import runs
from upscaler.jobs.base import disk_space, stopping
from upscaler.jobs.base.db_retry import retry
from upscaler.jobs.base.identity import worker_name
from upscaler.jobs.base.leased_work import Outcomes, leased_work
from upscaler.jobs.base.leases import must_hold, while_held
from upscaler.jobs.rendering import claims
from upscaler.jobs.training.child_process import TRAIN, RunProcess
from upscaler.jobs.training.reporting import Report
from upscaler.jobs.training.run_storage import RunStorage, samples_folder
from upscaler.jobs.worker.render_process import child
from upscaler.live import log
from upscaler.media.files import Scratch, source_path
from upscaler.models import RunState, TrainingRun
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.networks.builtin import BUILTIN, DEFAULT
from upscaler.selectors.runs import runs_to_train
from upscaler.training.trainer.run_child import Request
from upscaler.training.trainer.run_files import CHECKPOINTS

logger = logging.getLogger(__name__)

TRAINABLE = (RunState.QUEUED, RunState.TRAINING)
CHECK_SECONDS = 0.9
"""How often a worker checks whether it may continue."""
SILENCE_SECONDS = 25.0
"""Less than a lease lasts: the process of a worker that was suspended ends before another one continues the run."""
SESSION_SECONDS = 6 * 3600.0
"""After this time a task ends and enqueues the next one, so that no task is endless."""
YIELD_SECONDS = 2.0
"""How long upscaling has to wait until training yields: an idle worker takes it within a second."""
YIELDS = "Waits while videos are upscaled. It continues automatically after that."


class Ending(Enum):
    """Why a session ends. All but LOST leave a checkpoint."""

    COMPLETE = auto()
    STOPPED = auto()
    PAUSED = auto()
    YIELDED = auto()
    LATER = auto()
    """The next task continues: this one was long enough, or the run was paused and resumed."""
    LOST = auto()
    """The run was cancelled or deleted, or another worker has it."""


ENDINGS = {RunState.PAUSED: Ending.PAUSED, RunState.QUEUED: Ending.LATER}
"""By the state that a person gave the run. It is queued if it was paused and resumed within CHECK_SECONDS."""


def train(run_id: UUID) -> None:
    """Train a run until it is complete, or has to make way. Safe to call for one that another worker trains."""
    run = runs_to_train().select_related("base").filter(pk=run_id).first()
    if run is None or stopping.requested.is_set():
        return
    if run.yields and claims.is_anything_wanted():
        runs.run_wait(run, YIELDS)
        return
    outcomes = Outcomes(
        wait=lambda reason: _wait(run, reason),
        fail=lambda error: runs.run_fail(run, error),
        retry=lambda error: _retry(run, error),
    )
    name = f"Training run {run.pk}"
    ending = Ending.LOST
    work = leased_work(run, TRAINABLE, outcomes, name=name, scratch=Scratch.TRAINING, shortage=disk_space.shortage)
    with work as scratch:
        if scratch is not None:
            child.end()  # the network that rendered: its memory is needed
            runs.run_wait(run, "")
            runs.run_advance(run, RunState.TRAINING, come_from=(RunState.QUEUED,))
            ending = Session(run, scratch).train()
    if ending is Ending.LATER:
        runs.run_enqueue(run)


def _wait(run: TrainingRun, reason: str) -> None:
    runs.run_advance(run, RunState.QUEUED, come_from=(RunState.TRAINING,))
    runs.run_wait(run, reason)


def _retry(run: TrainingRun, error: PipelineError) -> None:
    log.append(run, {"kind": "log", "text": f"{error.message} Retrying."})


class Session:
    """One worker's work on a run, from a checkpoint to the next."""

    def __init__(self, run: TrainingRun, scratch: Path) -> None:
        self._run, self._scratch = run, scratch
        self._storage = RunStorage(run, scratch)
        self._report = Report(run, self._storage)
        self._began = time.monotonic()
        self._wanted_since: float | None = None

    def train(self) -> Ending:
        """Train until the end of the run or the session. Raises what ``leased_work`` handles."""
        is_held = while_held(self._run)

        def keep_lease(_bytes: int) -> None:
            is_held()

        self._storage.fetch(keep_lease)
        with (
            samples_folder(self._run, keep_lease) as samples,
            _weights(self._run, keep_lease) as (base, reference),
            RunProcess(TRAIN, self._request(samples, base, reference)) as process,
        ):
            ending = self._watch(process)
            if ending not in (Ending.LOST, Ending.COMPLETE):
                for answer in process.stop():
                    self._take(answer)
            if ending is not Ending.LOST:
                must_hold(self._run)
                self._publish()
        self._conclude(ending)
        return ending

    def _request(self, samples: Path, base: str, reference: str) -> Request:
        return Request(
            recipe=self._run.recipe_json,
            samples=str(samples),
            folder=str(self._scratch),
            base=base,
            teacher=base if self._run.recipe_json.get("teacher_share") else "",
            reference=reference,
            silence_seconds=SILENCE_SECONDS,
        )

    def _watch(self, process: RunProcess) -> Ending:
        """Report answers and store files until the run ends or has to. Return why."""
        checked_at = time.monotonic()
        while True:
            answer = process.read()
            if answer is not None:
                if answer["kind"] == "ended":
                    return Ending.COMPLETE if answer["is_complete"] else Ending.STOPPED
                self._take(answer)
            if answer is not None and time.monotonic() - checked_at < CHECK_SECONDS:
                continue
            checked_at = time.monotonic()
            if (ending := self._ending()) is not None:
                return ending
            process.keep_alive()
            self._publish()

    def _take(self, answer: dict[str, Any]) -> None:
        if answer["kind"] == "ready":
            retry(lambda: self._report.begin(answer))
        elif answer["kind"] == "point":
            if answer["has_snapshot"]:
                self._publish()
            self._report.add(answer)

    def _publish(self) -> None:
        """Store new files. A checkpoint is progress, after which earlier failures don't count any more."""
        stored = self._storage.publish()
        self._report.flush()
        if any(name.startswith(CHECKPOINTS) for name in stored) and self._run.starts > 1:
            self._run.starts = 1
            held = TrainingRun.objects.filter(pk=self._run.pk, leased_by=worker_name())
            retry(lambda: held.update(starts=1))

    def _ending(self) -> Ending | None:
        """Return why the session has to end, None while it doesn't."""
        if stopping.requested.is_set():
            return Ending.STOPPED
        if time.monotonic() - self._began > SESSION_SECONDS:
            return Ending.LATER
        try:
            row = TrainingRun.objects.filter(pk=self._run.pk).only("state", "leased_by", "yields").first()
            if row is None or row.leased_by != worker_name():
                return Ending.LOST
            if row.state != RunState.TRAINING:
                return ENDINGS.get(RunState(row.state), Ending.LOST)
            return Ending.YIELDED if row.yields and self._is_device_wanted() else None
        except (OperationalError, InterfaceError) as error:  # while it doesn't respond, no other worker can lease it
            logger.warning("The database doesn't respond (%s); training continues", error)
            connection.close()
            return None

    def _is_device_wanted(self) -> bool:
        """Has upscaling waited for YIELD_SECONDS, so that no idle worker takes it?"""
        if not claims.is_anything_wanted():
            self._wanted_since = None
            return False
        self._wanted_since = self._wanted_since or time.monotonic()
        return time.monotonic() - self._wanted_since >= YIELD_SECONDS

    def _conclude(self, ending: Ending) -> None:
        if ending is Ending.COMPLETE:
            retry(lambda: runs.run_finish(self._run))
        elif ending in (Ending.STOPPED, Ending.LATER):
            retry(lambda: runs.run_advance(self._run, RunState.QUEUED, come_from=(RunState.TRAINING,)))
        elif ending is Ending.YIELDED:
            retry(lambda: _wait(self._run, YIELDS))


@contextlib.contextmanager
def _weights(run: TrainingRun, on_progress: Any) -> Iterator[tuple[str, str]]:
    """Open the weights that a run starts from, "" for none, and those that its pictures are compared with."""
    stock = str(BUILTIN[DEFAULT].path)
    if run.base is None:
        yield "", stock
    elif run.base.builtin_name:
        path = str(run.base.weights.path)
        yield path, path
    else:
        with source_path(run.base.key, on_progress) as file:
            yield str(file), str(file)
