"""Starts, pauses, resumes, cancels and deletes training runs by conditional UPDATEs, each with an event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from upscaler.jobs import queues
from upscaler.jobs.actions.dataset_work import leaks_check
from upscaler.jobs.base.leases import unattended
from upscaler.live import log
from upscaler.models import CaptureSplit, CaptureState, Dataset, RunState, TrainingRun, UpscaleModel, User
from upscaler.models.training_run import ACTIVE_RUN_STATES
from upscaler.pipeline.core.errors import PipelineError, Refused
from upscaler.selectors.runs import has_samples, runs_to_train
from upscaler.training.trainer.recipe import TrainingRecipe
from upscaler.training.trainer.run_files import CHECKPOINTS

RUNNABLE = (RunState.QUEUED, RunState.PREPARING, RunState.TRAINING)
"""States in which a worker has the run or waits for it."""
WITHOUT_SAMPLES = (RunState.DONE, RunState.CANCELLED)
"""States in which a run isn't continued."""
UNNEEDED = ("samples", CHECKPOINTS)
"""Folders of a run that only training needs."""


def run_start(
    *,
    owner: User,
    dataset: Dataset,
    base: UpscaleModel | None,
    name: str,
    recipe: TrainingRecipe,
    preparation: dict[str, Any],
    yields: bool = True,
) -> TrainingRun:
    """Queue a run. Raises Refused if the dataset has no capture to train on, or frames of both sides show the same.

    A dataset that has changed since its last leak check is checked while its samples are prepared.
    """
    ready = dataset.captures.filter(state=CaptureState.READY)
    if not ready.filter(split=CaptureSplit.TRAINING).exists():
        raise Refused(
            "This dataset has no analysed capture to train on. Add one, or wait until its captures are analysed."
        )
    refuse_known_leaks(dataset)
    with transaction.atomic():
        if dataset.leaks_json is None:
            leaks_check(dataset=dataset)
        run = TrainingRun.objects.create(
            owner=owner,
            dataset=dataset,
            base=base,
            name=name,
            recipe_json=recipe.to_json(),
            preparation_json=preparation,
            yields=yields,
        )
        _log_stage(run, RunState.QUEUED)
        log.append(run, {"kind": "log", "text": f"{recipe.network.title} on “{dataset.name}”."})
        if not ready.filter(split=CaptureSplit.HELD_OUT).exists():
            log.append(run, {"kind": "log", "text": "No capture is held out, so this run can't be scored."})
        queues.enqueue_samples(run.pk)
    return run


def refuse_known_leaks(dataset: Dataset) -> None:
    """Raises Refused, naming both frames, if the last leak check of the dataset has found any."""
    found = (dataset.leaks_json or {}).get("leaks") or []
    if not found:
        return
    leak = found[0]
    titles = {str(capture.pk): capture.title for capture in dataset.captures.all()}
    trained, held_out = titles.get(leak["training"], "?"), titles.get(leak["held_out"], "?")
    raise Refused(
        f"Frame {leak['training_frame']:,} of “{trained}” is trained on, but shows the same as frame "
        f"{leak['held_out_frame']:,} of “{held_out}”, which is held out. Exclude it, "
        "or put both captures on one side of the split."
    )


def run_advance(run: TrainingRun, to: RunState, *, come_from: Sequence[RunState], **values: Any) -> bool:
    """Change a run's state if it is in one of ``come_from``. Return False, and change nothing, if it isn't."""
    with transaction.atomic():
        if not TrainingRun.objects.filter(pk=run.pk, state__in=come_from).update(state=to, **values):
            return False
        _log_stage(run, to)
    run.state = to
    return True


def run_pause(*, run: TrainingRun) -> bool:
    """Pause a run until it is resumed. Its worker writes a checkpoint first. Return False if it can't be paused."""
    with transaction.atomic():
        if not run_advance(run, RunState.PAUSED, come_from=RUNNABLE, waits_for=""):
            return False
        log.append(run, {"kind": "log", "text": "Paused."})
    return True


def run_resume(*, run: TrainingRun) -> bool:
    """Resume a paused run from its last checkpoint. Return False if it isn't paused."""
    with transaction.atomic():
        if not run_advance(run, RunState.QUEUED, come_from=(RunState.PAUSED,)):
            return False
        log.append(run, {"kind": "log", "text": "Resumed."})
        run_enqueue(run)
    return True


def run_retry(*, run: TrainingRun) -> bool:
    """Retry a failed run from its last checkpoint. Return False if it has not failed."""
    cleared = {"error": "", "error_detail": "", "finished_at": None, "starts": 0}
    with transaction.atomic():
        if not run_advance(run, RunState.QUEUED, come_from=(RunState.FAILED,), **cleared):
            return False
        log.append(run, {"kind": "log", "text": "Retrying from the last checkpoint."})
        run_enqueue(run)
    return True


def run_cancel(*, run: TrainingRun) -> bool:
    """Cancel a run. Its curve and snapshots stay; its samples and checkpoints are deleted. Return False if it ended."""
    with transaction.atomic():
        if not run_advance(
            run, RunState.CANCELLED, come_from=ACTIVE_RUN_STATES, waits_for="", finished_at=timezone.now()
        ):
            return False
        log.append(run, {"kind": "log", "text": "Cancelled."})
        _remove_unneeded(run)
    return True


def run_delete(*, run: TrainingRun) -> None:
    """Cancel a run and delete everything of it: rows at once, files by a task. Published models stay."""
    run_cancel(run=run)
    with transaction.atomic():
        log.forget(run)
        folder = run.folder
        TrainingRun.objects.filter(pk=run.pk).delete()
        queues.enqueue_removal(folder)


def run_finish(run: TrainingRun) -> bool:
    """Mark a run as done, once its last snapshot is stored. Return False if it isn't trained any more."""
    with transaction.atomic():
        values = {"waits_for": "", "finished_at": timezone.now()}
        if not run_advance(run, RunState.DONE, come_from=(RunState.TRAINING,), **values):
            return False
        log.append(run, {"kind": "log", "text": "Done."})
        _remove_unneeded(run)
    return True


def run_fail(run: TrainingRun, error: PipelineError) -> None:
    """Mark a run as failed. Its samples and checkpoints are kept, so that it can be retried."""
    values = {
        "waits_for": "",
        "error": error.message,
        "error_detail": error.detail[-4000:],
        "finished_at": timezone.now(),
    }
    if run_advance(run, RunState.FAILED, come_from=ACTIVE_RUN_STATES, **values):
        log.append(run, {"kind": "failed", "error": error.message})


def run_wait(run: TrainingRun, reason: str) -> None:
    """Store why a run waits, or "" once a worker has it. The reaper enqueues it again."""
    with transaction.atomic():
        waiting = TrainingRun.objects.filter(pk=run.pk, state__in=RUNNABLE)
        if waiting.exclude(waits_for=reason).update(waits_for=reason):
            log.append(run, {"kind": "waits", "text": reason})


def run_enqueue(run: TrainingRun) -> None:
    """Enqueue what the run needs next: its samples, or its training."""
    if has_samples(run):
        queues.enqueue_training(run.pk)
    else:
        queues.enqueue_samples(run.pk)


def runs_enqueue_waiting() -> None:
    """Enqueue the oldest run that no worker trains, if the GPU queue is empty. Call it where nothing is upscaled."""
    run = runs_to_train().filter(unattended()).first()
    if run is not None and queues.is_queue_empty("gpu"):
        queues.enqueue_training(run.pk)


def _remove_unneeded(run: TrainingRun) -> None:
    queues.enqueue_removal(*(f"{run.folder}/{name}" for name in UNNEEDED))


def _log_stage(run: TrainingRun, state: RunState) -> None:
    log.append(run, {"kind": "stage", "state": state.value, "label": state.label})
