"""A capture that somebody added: measured, harvested with its thumbnails, or refused with a sentence."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests import factories
from tests.fakes import EnqueuedTasks
from tests.training.recordings import gliding, plain, record, save_pictures
from upscaler.jobs import tasks
from upscaler.jobs.actions import captures
from upscaler.jobs.steps import capture_analysis
from upscaler.media.files import source_path
from upscaler.models import Capture, CaptureState, Dataset, Event, Frame, User
from upscaler.pipeline.core.errors import PipelineError
from upscaler.selectors.datasets import measured_capture
from upscaler.training.captures.probe import probe_capture
from upscaler.training.core.capture import Split

pytestmark = pytest.mark.django_db

SHORT = {"burst_frames": 20, "min_burst_frames": 10}


@pytest.fixture
def dataset(person: User) -> Dataset:
    return factories.make_dataset(person, harvest_json=SHORT)


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """110 frames of 160x120: a scene, a black screen, another scene. Not to be changed."""
    frames = gliding(1, 40, 160, 120) + plain(30, 160, 120) + gliding(2, 40, 160, 120)
    return record(tmp_path_factory.mktemp("captures") / "recording.mkv", frames)


def added(dataset: Dataset, content: bytes, name: str = "Blood Gulch.mkv", **values: Any) -> Capture:
    capture = factories.make_capture(
        dataset, original_name=name, state=CaptureState.WAITING, facts_json=None, size=len(content), **values
    )
    factories.store(capture.key, content)
    return capture


def measured(capture: Capture) -> Capture:
    tasks.measure_capture(str(capture.pk))
    capture.refresh_from_db()
    return capture


@pytest.mark.usefixtures("each_storage")
def test_a_video_is_measured_and_all_its_frames_are_listed(dataset: Dataset, recording: Path) -> None:
    capture = measured(added(dataset, recording.read_bytes()))

    assert (capture.state, capture.error, capture.lease_until) == (CaptureState.READY, "", None)
    assert capture.facts_json is not None
    assert {"width": 160, "height": 120, "rate": "30", "frames": 110}.items() <= capture.facts_json.items()
    frames = list(capture.frames.order_by("number"))
    assert [frame.number for frame in frames] == list(range(110))
    assert {frame.burst for frame in frames[:40]} == {0, 20}
    assert [frame.reason for frame in frames[40:70]] == ["black"] * 30
    assert capture.frames_seen == 110
    assert capture.frames_kept == capture.frames.filter(is_used=True).count() == 80
    with source_path(capture.key) as path:
        again = measured_capture(capture, path)
        assert (again.rate, again.frames, again.split) == (Fraction(30), 110, Split.TRAINING)


def test_the_thumbnails_are_on_pages_of_a_hundred(dataset: Dataset, recording: Path) -> None:
    capture = measured(added(dataset, recording.read_bytes()))

    assert factories.files_under(f"{capture.folder}/sheets") == ["00000.jpg", "00001.jpg"]
    sheets = [cv2.imdecode(np.frombuffer(factories.stored(capture.sheet_key(page)), np.uint8), 1) for page in (0, 1)]
    assert [sheet.shape for sheet in sheets if sheet is not None] == [(1200, 1600, 3), (120, 1600, 3)]
    assert sheets[0] is not None
    assert sheets[0][:120, :160].mean() > 60
    assert sheets[0][480:600, 160:].mean() < 5  # frames 41 to 49 are black


def test_pages_of_the_dataset_are_told_of_each_state(dataset: Dataset, recording: Path) -> None:
    measured(added(dataset, recording.read_bytes()))

    told = [event.payload for event in Event.objects.filter(subject=dataset.pk)]
    assert [payload["state"] for payload in told][:2] == ["measuring", "harvesting"]
    assert {"state": "ready", "seen": 110, "total": 110, "kept": 80}.items() <= told[-1].items()
    dataset.refresh_from_db()
    assert dataset.event_seq == len(told)


def test_an_archive_of_pictures_is_harvested_as_stills(dataset: Dataset, tmp_path: Path) -> None:
    folder = save_pictures(tmp_path / "pictures", [gliding(seed, 1, 160, 120)[0] for seed in range(6)])
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for picture in sorted(folder.iterdir()):
            file.write(picture, f"h1v1/{picture.name}")

    capture = measured(added(dataset, archive.getvalue(), name="h1v1.ZIP"))

    assert (capture.state, capture.error) == (CaptureState.READY, "")
    assert capture.facts_json is not None
    assert {"kind": "pictures", "rate": None, "frames": 6}.items() <= capture.facts_json.items()
    assert [frame.motion for frame in capture.frames.all()] == [None] * 6
    assert capture.frames_kept == 6


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("notes.mkv", b"not a video at all" * 100, "video"),
        ("frames.zip", b"PK, but no archive", "damaged"),
        ("frames.7z", b"7z\xbc\xaf\x27\x1c", ".zip and .tar"),
    ],
)
def test_what_is_no_capture_is_refused_with_a_sentence(
    dataset: Dataset, name: str, content: bytes, reason: str
) -> None:
    capture = measured(added(dataset, content, name=name))

    assert capture.state == CaptureState.REFUSED
    assert reason in capture.error
    assert capture.error.endswith(".")
    assert Event.objects.filter(subject=dataset.pk).last().payload["state"] == "refused"  # type: ignore[union-attr]


def test_a_video_of_the_library_is_copied_and_stays_when_it_is_deleted(
    dataset: Dataset,
    recording: Path,
    person: User,
    enqueued: EnqueuedTasks,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    video = factories.make_video(person, map="Sidewinder", facts_json=None)
    factories.store(video.key, recording.read_bytes())
    with django_capture_on_commit_callbacks(execute=True):
        capture = captures.capture_from_video(dataset=dataset, video=video)
    assert [(task.name, task.arguments) for task in enqueued] == [("measure_capture", (str(capture.pk),))]

    enqueued.run("measure_capture")
    video.delete()

    capture.refresh_from_db()
    assert (capture.state, capture.map, capture.video) == (CaptureState.READY, "Sidewinder", None)
    assert factories.stored(capture.key) == recording.read_bytes()


def test_a_second_harvest_keeps_what_a_person_chose(dataset: Dataset, recording: Path) -> None:
    capture = measured(added(dataset, recording.read_bytes()))
    captures.frames_choose(capture=capture, frames=Frame.objects.filter(number__in=[0, 1]), choice=False)
    captures.frames_choose(capture=capture, frames=Frame.objects.filter(number=50), choice=True)
    assert captures.capture_harvest_again(capture=capture)
    assert not captures.capture_harvest_again(capture=capture)

    measured(capture)

    assert (capture.state, capture.frames.count(), capture.frames_kept) == (CaptureState.READY, 110, 79)
    assert list(capture.frames.filter(choice__isnull=False).values_list("number", "is_used")) == [
        (0, False), (1, False), (50, True),
    ]  # fmt: skip


def test_a_full_disk_lets_a_capture_wait(dataset: Dataset, recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    capture = added(dataset, recording.read_bytes())

    def full(*_: object, **__: object) -> None:
        raise PipelineError("No.", permanent=False, detail="No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(capture_analysis, "probe_capture", full)
        measured(capture)
    assert (capture.state, capture.lease_until) == (CaptureState.MEASURING, None)
    assert capture.error.startswith("The disk is full.")

    assert measured(capture).state == CaptureState.READY
    assert capture.error == ""


def test_a_capture_that_is_deleted_while_it_is_measured_leaves_no_files(
    dataset: Dataset, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = added(dataset, recording.read_bytes())

    def deleted(*arguments: Any, **options: Any) -> Any:
        captures.capture_delete(capture=Capture.objects.get(pk=capture.pk))
        return probe_capture(*arguments, **options)

    monkeypatch.setattr(capture_analysis, "probe_capture", deleted)
    tasks.measure_capture(str(capture.pk))

    assert Capture.objects.count() == Frame.objects.count() == 0
    assert factories.files_under(capture.folder) == []


@pytest.mark.parametrize("number", [0, 1, 2**63 - 1, 2**63, 2**64 - 1])
def test_hashes_fit_a_signed_column_and_come_back(dataset: Dataset, number: int) -> None:
    capture = factories.make_capture(dataset, frames=1)
    Frame.objects.update(hash=capture_analysis.signed(number))

    assert capture.frames.get().hash % 2**64 == number
