"""The samples of a run on the CPU queue: prepared shard by shard, from captures of both sides of the split."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests import factories
from tests.clips import make_clip
from tests.fakes import EnqueuedTasks
from tests.jobs.conftest import children, wait_until
from upscaler.jobs import tasks
from upscaler.jobs.actions import runs
from upscaler.jobs.recovery import reaper
from upscaler.jobs.training.preparation import bursts_of
from upscaler.media.media_store import media_store
from upscaler.models import Capture, CaptureSplit, Dataset, Event, Frame, RunState, TrainingRun, User
from upscaler.training.core.capture import Burst
from upscaler.training.networks.spec import NetworkSpec
from upscaler.training.trainer.recipe import TrainingRecipe

pytestmark = pytest.mark.django_db(transaction=True)

RECIPE = TrainingRecipe(NetworkSpec(features=4, blocks=1), steps=20, batch=2, patch=16, precision="fp32", threads=1)
PREPARATION = {"era": "320x240", "twins": 2, "samples": 6, "tile": 24, "held_out_twins": 1, "held_out_samples": 4}
FRAMES = 24
PATIENCE = 90.0


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("captures") / "capture.avi", frames=FRAMES, size="256x192", sound=None)


def add_capture(dataset: Dataset, recording: Path, **values: Any) -> Capture:
    facts = {"kind": "video", "width": 256, "height": 192, "rate": "30", "frames": FRAMES, "warnings": []}
    capture = factories.make_capture(dataset, facts_json=facts, **values)
    factories.store(capture.key, recording.read_bytes())
    for number in range(FRAMES):
        add_frame(capture, number)
    return capture


def add_frame(capture: Capture, number: int, **values: Any) -> None:
    measures = {"scene": 0, "sharpness": 9.0, "brightness": 100.0, "hash": number, "kept": True, "burst": 0}
    Frame.objects.create(capture=capture, number=number, **measures | values)


@pytest.fixture
def run(person: User, recording: Path, enqueued: EnqueuedTasks) -> TrainingRun:
    dataset = factories.make_dataset(person)
    add_capture(dataset, recording, map="Blood Gulch")
    add_capture(dataset, recording, map="Sidewinder", split=CaptureSplit.HELD_OUT)
    return runs.run_start(
        owner=person, dataset=dataset, base=None, name="h1", recipe=RECIPE, preparation=PREPARATION, yields=True
    )


def test_captures_become_samples_and_samples_a_trained_network(
    each_storage: str, run: TrainingRun, enqueued: EnqueuedTasks
) -> None:
    enqueued.run("prepare_samples")
    run.refresh_from_db()
    assert (run.state, run.samples_done, run.samples_total) == (RunState.QUEUED, 2, 2), run.error_detail
    names = factories.files_under(f"{run.folder}/samples")
    assert names.count("shard.json") == 2 and names.count("truth.u8") == 2 and "3.npz" in names
    states = [event.payload["state"] for event in Event.objects.filter(subject=run.pk, kind="stage").order_by("seq")]
    assert states == ["queued", "preparing", "queued"]
    enqueued.run("train")
    run.refresh_from_db()
    assert run.state == RunState.DONE and run.points.get(step=20).score is not None, run.error_detail


def test_a_paused_run_ends_at_once_and_keeps_its_finished_shards(run: TrainingRun, enqueued: EnqueuedTasks) -> None:
    TrainingRun.objects.filter(pk=run.pk).update(preparation_json=PREPARATION | {"twins": 40})

    def work() -> None:
        try:
            tasks.prepare_samples(str(run.pk))
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    done: Callable[[], bool] = TrainingRun.objects.filter(pk=run.pk, samples_done__gt=0).exists
    wait_until(done, "no shard was stored", PATIENCE)
    run.refresh_from_db()
    assert run.state == RunState.PREPARING and runs.run_pause(run=run)
    worker.join(PATIENCE)
    assert not worker.is_alive() and not children()
    run.refresh_from_db()
    assert (run.state, run.lease_until) == (RunState.PAUSED, None) and run.samples_done < run.samples_total == 11
    before = times_of_shards(run)
    enqueued.clear()
    assert runs.run_resume(run=run) and enqueued.names == ["prepare_samples"]
    enqueued.run("prepare_samples")
    run.refresh_from_db()
    after = times_of_shards(run)
    assert run.samples_done == 11 and len(after) == 11 and before.items() <= after.items()


def times_of_shards(run: TrainingRun) -> dict[str, float | None]:
    store, folder = media_store(), f"{run.folder}/samples/training"
    names = Path(store.reading_path(folder)).iterdir()
    keys = [f"{folder}/{path.name}/truth.u8" for path in names]
    held_out = f"{run.folder}/samples/held-out"
    keys += [f"{held_out}/{path.name}/truth.u8" for path in Path(store.reading_path(held_out)).glob("*")]
    return {key: store.modified_at(key) for key in keys}


def test_the_reaper_enqueues_samples_that_no_worker_prepares(run: TrainingRun, enqueued: EnqueuedTasks) -> None:
    enqueued.clear()
    reaper.reap()
    assert "prepare_samples" in enqueued.names and "train" not in enqueued.names


def test_a_dataset_without_frames_to_train_on_fails_with_a_sentence(run: TrainingRun, enqueued: EnqueuedTasks) -> None:
    Frame.objects.filter(capture__split=CaptureSplit.TRAINING).update(choice=False)
    enqueued.run("prepare_samples")
    run.refresh_from_db()
    assert run.state == RunState.FAILED and run.error.startswith("There are no frames to train on.")


def test_a_leak_that_is_found_while_samples_are_prepared_fails_the_run(
    run: TrainingRun, enqueued: EnqueuedTasks
) -> None:
    trained, held_out = run.dataset.captures.order_by("-split")
    leak = {"training": str(trained.pk), "training_frame": 3, "held_out": str(held_out.pk), "held_out_frame": 4}
    Dataset.objects.filter(pk=run.dataset.pk).update(leaks_json={"work": "1", "state": "done", "leaks": [leak]})
    enqueued.run("prepare_samples")
    run.refresh_from_db()
    assert run.state == RunState.FAILED and "is trained on, but shows the same as" in run.error


def test_bursts_end_at_frames_that_are_excluded_and_where_the_harvest_ends_them(person: User) -> None:
    capture = factories.make_capture(factories.make_dataset(person))
    for number in range(12):
        add_frame(capture, number, burst=0 if number < 6 else 6, choice=False if number in (2, 9) else None)
    assert bursts_of(capture) == [Burst(0, 2), Burst(3, 3), Burst(6, 3), Burst(10, 2)]
