"""A training run on the GPU queue: trained, killed, paused, cancelled, and set aside while videos are upscaled."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone
from safetensors.torch import load_file

from tests import factories
from tests.fakes import EnqueuedTasks
from tests.jobs.conftest import children, wait_until
from tests.training.arrays import write_samples
from upscaler.jobs import tasks
from upscaler.jobs.actions import runs
from upscaler.jobs.actions.run_versions import run_publish, version_named
from upscaler.jobs.base import stopping
from upscaler.jobs.recovery import reaper, tidy, watchdog
from upscaler.jobs.training import runner
from upscaler.jobs.worker.activity import activities
from upscaler.models import Event, JobState, ModelState, RunState, TrainingRun, User, Video
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.networks.weights import sha256_of
from upscaler.training.networks.spec import NetworkSpec
from upscaler.training.trainer.recipe import TrainingRecipe
from upscaler.training.trainer.run_files import BASE, BEFORE, TRUTH, picture_name, snapshot_name

pytestmark = pytest.mark.django_db(transaction=True)

SHORT = TrainingRecipe(
    NetworkSpec(features=4, blocks=1), steps=60, batch=2, patch=8, rate=1e-3, precision="fp32", threads=1, seed=1
)
LONG = replace(SHORT, steps=10**6, checkpoint_seconds=0.5, snapshot_seconds=1.0)
PATIENCE = 90.0
"""Seconds: a process that trains loads torch first, which takes a while on a busy machine."""


@pytest.fixture
def start(person: User, enqueued: EnqueuedTasks, tmp_path: Path) -> Callable[..., TrainingRun]:
    """A queued run with stored samples."""

    def started(recipe: TrainingRecipe = SHORT, **values: object) -> TrainingRun:
        run = factories.make_run(person, recipe=recipe, **values)
        samples = write_samples(tmp_path / "samples", held_out=8)
        for path in sorted(samples.rglob("*")):
            if path.is_file():
                factories.store(f"{run.folder}/samples/{path.relative_to(samples)}", path.read_bytes())
        return run

    return started


class Worker:
    """The GPU worker, in a thread of its own, so that the test can act meanwhile."""

    def __init__(self, run: TrainingRun) -> None:
        self._run = run
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _work(self) -> None:
        try:
            tasks.train(str(self._run.pk))
        finally:
            connection.close()

    def until(self, happens: Callable[[], object], otherwise: str) -> None:
        wait_until(lambda: happens() or not self._thread.is_alive(), otherwise, PATIENCE)
        assert self._thread.is_alive() or happens(), otherwise

    def join(self) -> None:
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "the task didn't end"
        self._run.refresh_from_db()


def has_checkpoint(run: TrainingRun) -> bool:
    folder = f"{run.folder}/checkpoints"
    return default_storage.exists(folder) and bool(default_storage.listdir(folder)[1])


def training_process() -> psutil.Process:
    return next(process for process in children() if "upscaler.training.trainer.run_child" in process.cmdline())


def texts(run: TrainingRun) -> list[str]:
    events = Event.objects.filter(subject=run.pk, kind="log").order_by("seq")
    return [event.payload["text"] for event in events]


def test_a_run_is_trained_to_its_end(
    start: Callable[..., TrainingRun], enqueued: EnqueuedTasks, each_storage: str
) -> None:
    run = start()
    tasks.train(str(run.pk))
    run.refresh_from_db()
    assert (run.state, run.step, run.total, run.lease_until) == (RunState.DONE, 60, 60, None), run.error_detail
    points = list(run.points.order_by("step"))
    assert [point.step for point in points] == [20, 40, 60]
    assert points[-1].has_snapshot and points[-1].score is not None and run.best_step == 60
    for name in (
        *(picture_name(0, shows) for shows in (BEFORE, BASE, TRUTH, 60)),
        snapshot_name(60),
        "weights.safetensors",
    ):
        assert default_storage.exists(f"{run.folder}/{name}"), name
    last = Event.objects.filter(subject=run.pk, kind="point").order_by("-seq")[0].payload
    assert last["has_pictures"] and json.dumps(last, allow_nan=False)
    assert [task.arguments for task in enqueued] == [(f"{run.folder}/samples", f"{run.folder}/checkpoints")]


def test_a_run_whose_process_is_killed_continues_from_its_checkpoint(
    start: Callable[..., TrainingRun], enqueued: EnqueuedTasks, tmp_path: Path
) -> None:
    whole = start(replace(SHORT, steps=300))
    tasks.train(str(whole.pk))
    run = start(replace(SHORT, steps=300, checkpoint_seconds=0.0))
    worker = Worker(run)
    worker.until(lambda: has_checkpoint(run), "no checkpoint was stored")
    training_process().send_signal(signal.SIGKILL)
    worker.join()
    assert run.lease_until is None and run.state == RunState.TRAINING and run.step < 300
    assert "out of memory?" in texts(run)[-1]
    enqueued.clear()
    reaper.reap()
    enqueued.run("train")
    run.refresh_from_db()
    assert (run.state, run.starts) == (RunState.DONE, 0), run.error
    assert any(text.startswith("Continues from step") for text in texts(run))
    paths = [Path(default_storage.path(f"{each.folder}/weights.safetensors")) for each in (whole, run)]
    one, other = (load_file(path) for path in paths)
    assert all(one[key].equal(other[key]) for key in one)


def test_a_run_is_paused_and_resumed(start: Callable[..., TrainingRun], enqueued: EnqueuedTasks) -> None:
    run = start(LONG)
    worker = Worker(run)
    worker.until(lambda: run.points.filter(has_snapshot=True).exists(), "no snapshot was reported")
    assert [activity.name for activity in next(iter(activities().values()))] == ["Training"]
    assert not watchdog.is_stuck("gpu")
    assert runs.run_pause(run=run)
    worker.join()
    assert (run.state, run.lease_until) == (RunState.PAUSED, None) and has_checkpoint(run) and not children()
    at = run.step
    assert runs.run_resume(run=run) and enqueued.names == ["train"]
    TrainingRun.objects.filter(pk=run.pk).update(recipe_json=replace(LONG, steps=at + 50).to_json())
    enqueued.clear()
    worker = Worker(run)
    worker.until(lambda: run.points.filter(step__gt=at).exists(), "it doesn't continue")
    assert runs.run_cancel(run=run)
    worker.join()
    assert run.state == RunState.CANCELLED and run.finished_at is not None and not children()
    assert enqueued.names == ["remove_folder"] and run.points.filter(has_snapshot=True).exists()


def test_a_run_that_is_paused_and_resumed_at_once_keeps_its_steps(
    start: Callable[..., TrainingRun], enqueued: EnqueuedTasks
) -> None:
    run = start(LONG)
    worker = Worker(run)
    worker.until(run.points.exists, "it doesn't start")
    enqueued.clear()
    assert runs.run_pause(run=run) and runs.run_resume(run=run)
    worker.join()
    assert (run.state, run.lease_until) == (RunState.QUEUED, None) and has_checkpoint(run) and not children()
    assert enqueued.names == ["train", "train"], "of the resumption, while the worker still held the run, and after it"


def test_a_run_makes_way_for_videos_and_continues_after_them(
    start: Callable[..., TrainingRun], video: Video, enqueued: EnqueuedTasks
) -> None:
    run = start(LONG)
    worker = Worker(run)
    worker.until(run.points.exists, "it doesn't start")
    job = factories.make_job(video)
    worker.join()
    assert (run.state, run.waits_for) == (RunState.QUEUED, runner.YIELDS) and has_checkpoint(run)
    reaper.reap()
    assert "render" in enqueued.names and "train" not in enqueued.names
    tasks.train(str(run.pk))  # asked for too early
    assert not children()
    job.state = JobState.CANCELLED
    job.save()
    enqueued.clear()
    reaper.reap()
    assert ("train", (str(run.pk),)) in [(task.name, task.arguments) for task in enqueued]


def test_a_run_that_does_not_yield_keeps_the_device(start: Callable[..., TrainingRun], video: Video) -> None:
    run = start(yields=False)
    factories.make_job(video)
    tasks.train(str(run.pk))
    run.refresh_from_db()
    assert run.state == RunState.DONE


def test_a_worker_that_stops_leaves_the_run_to_the_next(start: Callable[..., TrainingRun]) -> None:
    run = start(LONG)
    worker = Worker(run)
    worker.until(run.points.exists, "it doesn't start")
    stopping.requested.set()
    try:
        worker.join()
    finally:
        stopping.requested.clear()
    assert (run.state, run.lease_until, run.starts) == (RunState.QUEUED, None, 0) and has_checkpoint(run)


def test_a_deleted_run_ends_at_once_and_leaves_nothing(
    start: Callable[..., TrainingRun], enqueued: EnqueuedTasks
) -> None:
    run = start(LONG)
    worker = Worker(run)
    worker.until(lambda: has_checkpoint(run), "it doesn't start")
    folder = run.folder
    runs.run_delete(run=run)
    worker._thread.join(PATIENCE)
    enqueued.run_all()
    assert not default_storage.exists(folder) and not Event.objects.filter(subject=run.pk).exists() and not children()


def test_the_reaper_enqueues_the_run_of_a_worker_that_died(
    start: Callable[..., TrainingRun], enqueued: EnqueuedTasks
) -> None:
    run = start(state=RunState.TRAINING, leased_by="gone:1:2", lease_until=timezone.now() + timedelta(seconds=20))
    reaper.reap()
    assert not enqueued
    TrainingRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    reaper.reap()
    assert enqueued.names == ["train"]


def test_a_run_waits_while_the_disk_is_full(start: Callable[..., TrainingRun], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    run = start()
    with monkeypatch.context() as patched:
        patched.setattr("upscaler.jobs.training.run_storage.store_file", full)
        tasks.train(str(run.pk))
    run.refresh_from_db()
    assert (run.state, run.starts) == (RunState.QUEUED, 0) and run.waits_for.startswith("The disk is full.")
    tasks.train(str(run.pk))
    run.refresh_from_db()
    assert (run.state, run.waits_for) == (RunState.DONE, "")


def test_what_cannot_be_trained_fails_and_can_be_retried(
    start: Callable[..., TrainingRun], enqueued: EnqueuedTasks
) -> None:
    run = start(replace(SHORT, patch=1000))
    tasks.train(str(run.pk))
    run.refresh_from_db()
    assert run.state == RunState.FAILED and "Choose smaller patches" in run.error
    assert runs.run_retry(run=run) and enqueued.names == ["train"]
    runs.run_fail(run, PipelineError("No.", permanent=True))
    tidy.tidy_runs()
    assert default_storage.exists(f"{run.folder}/samples")


def test_a_run_that_collapses_returns_to_its_best_snapshot_and_says_so(start: Callable[..., TrainingRun]) -> None:
    run = start(replace(SHORT, steps=4000, rate=3.0, warmup=1, averaging=0.5, snapshot_seconds=0.1))
    tasks.train(str(run.pk))
    run.refresh_from_db()
    notes = list(run.points.exclude(note="").values_list("note", flat=True))
    assert run.state == RunState.DONE and "with half the learning rate" in notes[0]
    assert any(notes[0] in text for text in texts(run))


def test_what_is_stored_of_a_run_that_had_ended_is_deleted(person: User) -> None:
    run = factories.make_run(person, state=RunState.CANCELLED, finished_at=timezone.now())
    for name in ("samples/training/a/shard.json", "checkpoints/step-00000020.pt", snapshot_name(20)):
        factories.store(f"{run.folder}/{name}", b"late")
    tidy.tidy_runs()
    assert factories.files_under(run.folder) == [snapshot_name(20)]


def test_a_published_point_is_checked_as_an_upload_is(
    start: Callable[..., TrainingRun], person: User, enqueued: EnqueuedTasks
) -> None:
    run = start()
    tasks.train(str(run.pk))
    enqueued.clear()
    version = version_named("h1v1")
    model = run_publish(run=run, step=60, version=version, licence="CC0-1.0", notes="", user=person)
    enqueued.run("check_weights")
    model.refresh_from_db()
    assert (model.state, model.architecture, model.scale) == (ModelState.READY, "RealESRGAN Compact", 4), model.error
    assert model.sha256 == sha256_of(Path(default_storage.path(model.key)))
