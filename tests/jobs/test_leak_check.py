"""The leak check of a dataset: a held-out frame that is trained on is found, however it came there."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests import factories
from tests.training.recordings import gliding, record
from upscaler.jobs import tasks
from upscaler.jobs.actions.dataset_work import leaks_check, leaks_outdate
from upscaler.jobs.base import stopping
from upscaler.models import Capture, CaptureState, Dataset, Event, User

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A capture, another one, and the first one cropped and encoded again."""
    folder = tmp_path_factory.mktemp("leaks")
    own, other = (record(folder / f"{seed}.mkv", gliding(seed, 40, 320, 240)) for seed in (1, 2))
    smuggled = folder / "smuggled.mkv"
    command = ["ffmpeg", "-loglevel", "error", "-i", str(own), "-vf", "crop=288:216,scale=320:240", "-c:v", "mpeg4"]
    subprocess.run([*command, "-q:v", "5", str(smuggled)], check=True, timeout=60)
    return {path.stem: path.read_bytes() for path in (own, other, smuggled)}


@pytest.fixture
def dataset(person: User, recordings: dict[str, bytes]) -> Dataset:
    """The first capture is held out, the second one is trained on."""
    dataset = factories.make_dataset(person, harvest_json={"burst_frames": 20, "min_burst_frames": 10})
    harvest(dataset, recordings["1"], split="held-out")
    harvest(dataset, recordings["2"])
    return dataset


def harvest(dataset: Dataset, content: bytes, **values: Any) -> Capture:
    capture = factories.make_capture(dataset, state=CaptureState.WAITING, facts_json=None, **values)
    factories.store(capture.key, content)
    tasks.measure_capture(str(capture.pk))
    capture.refresh_from_db()
    assert capture.state == CaptureState.READY, capture.error
    return capture


def checked(dataset: Dataset) -> dict[str, Any]:
    leaks_check(dataset=dataset)
    dataset.refresh_from_db()
    assert dataset.leaks_json is not None
    tasks.check_leaks(str(dataset.pk), dataset.leaks_json["work"])
    dataset.refresh_from_db()
    stored: dict[str, Any] = dataset.leaks_json
    return stored


def test_captures_that_differ_have_no_leak(dataset: Dataset) -> None:
    assert checked(dataset).items() >= {"state": "done", "leaks": []}.items()
    last = Event.objects.filter(subject=dataset.pk).order_by("-seq")[0]
    assert last.payload == {"kind": "work", "of": "leaks", "state": "done"}


def test_a_smuggled_capture_is_found_and_gone_when_it_is_excluded(
    dataset: Dataset, recordings: dict[str, bytes], tmp_path: Path, settings: Any
) -> None:
    smuggled = harvest(dataset, recordings["smuggled"], title="Another name")

    found = checked(dataset)["leaks"]

    assert len(found) > 10
    assert {leak["training"] for leak in found} == {str(smuggled.pk)}
    assert not list(Path(settings.SCRATCH).glob("leaks-*"))
    smuggled.frames.update(choice=False)
    assert checked(dataset)["leaks"] == []


def test_a_check_that_is_outdated_stores_nothing(dataset: Dataset) -> None:
    leaks_check(dataset=dataset)
    dataset.refresh_from_db()
    check = dataset.leaks_json["work"]  # type: ignore[index]
    leaks_outdate(dataset.pk)

    tasks.check_leaks(str(dataset.pk), check)

    dataset.refresh_from_db()
    assert dataset.leaks_json is None


def test_a_worker_that_has_to_stop_says_so(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping.requested, "is_set", lambda: True)

    assert checked(dataset)["state"] == "stopped"
