"""The CPU worker's task that prepares the samples of a run, shard by shard."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from itertools import count, groupby
from pathlib import Path
from uuid import UUID

from django.conf import settings

from upscaler.jobs.actions import runs
from upscaler.jobs.actions.run_versions import dataset_described
from upscaler.jobs.base import disk_space
from upscaler.jobs.base.leased_work import Outcomes, leased_work
from upscaler.jobs.base.leases import must_hold, while_held
from upscaler.jobs.training.child_process import PREPARE, RunProcess
from upscaler.jobs.training.run_storage import SampleStorage
from upscaler.live import log
from upscaler.media.files import Scratch, source_path
from upscaler.models import Capture, CaptureState, RunState, TrainingRun
from upscaler.pipeline.core.errors import Stopped
from upscaler.selectors.datasets import measured_capture
from upscaler.selectors.runs import runs_to_prepare
from upscaler.training.captures.archive import OTHER_SUFFIXES, SUFFIXES, unpack_pictures
from upscaler.training.core.capture import Burst, CaptureKind
from upscaler.training.core.capture import Capture as MeasuredCapture
from upscaler.training.samples.prepare_child import Request, capture_to_json

PREPARABLE = (RunState.QUEUED, RunState.PREPARING)
CHECK_SECONDS = 0.9


def prepare_samples(run_id: UUID) -> None:
    """Prepare the samples of a run, then enqueue its training. Safe to call for one that another worker prepares."""
    run = runs_to_prepare().select_related("dataset").filter(pk=run_id).first()
    if run is None:
        return
    outcomes = Outcomes(
        wait=lambda reason: runs.run_wait(run, reason),
        fail=lambda error: runs.run_fail(run, error),
        retry=lambda error: log.append(run, {"kind": "log", "text": f"{error.message} Retrying."}),
    )
    name = f"Samples of run {run.pk}"
    work = leased_work(run, PREPARABLE, outcomes, name=name, scratch=Scratch.SAMPLES, shortage=disk_space.shortage)
    is_done = False
    with work as scratch:
        if scratch is not None:
            runs.run_wait(run, "")
            runs.run_advance(run, RunState.PREPARING, come_from=(RunState.QUEUED,))
            _prepare(run, scratch)
            run.dataset.refresh_from_db()
            runs.refuse_known_leaks(run.dataset)
            is_done = runs.run_advance(run, RunState.QUEUED, come_from=(RunState.PREPARING,))
    if is_done:
        runs.run_enqueue(run)


def _prepare(run: TrainingRun, scratch: Path) -> None:
    check = _checker(run)
    storage = SampleStorage(run, scratch / "samples")
    limits = settings.ENVIRONMENT.limits
    with contextlib.ExitStack() as opened:
        captures = [
            capture_to_json(opened.enter_context(_opened(capture, scratch, check)), bursts_of(capture))
            for capture in run.dataset.captures.filter(state=CaptureState.READY).select_related("dataset")
        ]
        described = run.preparation_json | {"dataset": dataset_described(run, captures)}
        TrainingRun.objects.filter(pk=run.pk).update(preparation_json=described)
        storage.fetch()
        request = Request(
            captures=tuple(captures),
            recipe={name: value for name, value in run.preparation_json.items() if name != "dataset"},
            folder=str(storage.folder),
            has_examples=storage.has_examples,
            max_pixels=limits.max_pixels,
            stall_seconds=limits.stall_seconds,
        )
        with RunProcess(PREPARE, request) as process:
            _follow(run, process, storage, check)


def _follow(run: TrainingRun, process: RunProcess, storage: SampleStorage, check: Callable[[], None]) -> None:
    """Store and report each shard. Raises Stopped if the run is paused, cancelled or deleted."""
    done, total = 0, 0
    while True:
        answer = process.read()
        check()
        if answer is None:
            continue
        must_hold(run)
        storage.publish(lambda _: check())
        if answer["kind"] == "ended":
            break
        done, total = answer["done"], answer["total"]
        if done < total:  # the last one counts once the examples are stored, too
            _report(run, done, total)
    _report(run, total, total)


def _report(run: TrainingRun, done: int, total: int) -> None:
    TrainingRun.objects.filter(pk=run.pk).update(samples_done=done, samples_total=total)
    run.samples_done, run.samples_total = done, total
    log.append(run, {"kind": "samples", "done": done, "total": total})


def bursts_of(capture: Capture) -> list[Burst]:
    """Return the used frames of a capture as runs of consecutive numbers, each within one burst of the harvest."""
    used = capture.frames.filter(is_used=True).order_by("number").values_list("number", "burst")
    places = count()
    runs_of_frames = groupby(used.iterator(), key=lambda frame: (frame[1], frame[0] - next(places)))
    return [_burst([number for number, _ in frames]) for _, frames in runs_of_frames]


def _burst(numbers: list[int]) -> Burst:
    return Burst(numbers[0], len(numbers))


@contextlib.contextmanager
def _opened(capture: Capture, scratch: Path, check: Callable[[], None]) -> Iterator[MeasuredCapture]:
    """Open a capture's file until the block ends; an archive of pictures is unpacked."""
    with source_path(capture.key, lambda _: check()) as path:
        facts = capture.facts_json or {}
        if facts.get("kind") != CaptureKind.PICTURES:
            yield measured_capture(capture, path)
            return
        name = capture.original_name.lower()
        suffix = next((each for each in (*SUFFIXES, *OTHER_SUFFIXES) if name.endswith(each)), "")
        archive = scratch / f"{capture.pk}{suffix}"
        archive.symlink_to(path)
        pictures = scratch / f"{capture.pk}-pictures"
        unpack_pictures(archive, pictures, on_progress=lambda _: check())
        yield measured_capture(capture, pictures)


def _checker(run: TrainingRun) -> Callable[[], None]:
    """Return a callback that raises Stopped when this worker or the run has to stop: within a second of a pause."""
    is_held = while_held(run)
    checked_at = time.monotonic()

    def check() -> None:
        nonlocal checked_at
        is_held()
        if time.monotonic() - checked_at >= CHECK_SECONDS:
            checked_at = time.monotonic()
            if not TrainingRun.objects.filter(pk=run.pk, state=RunState.PREPARING).exists():
                raise Stopped("The run was paused or cancelled.")

    return check
