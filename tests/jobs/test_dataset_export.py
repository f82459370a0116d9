"""The export of a dataset: an archive of Real-ESRGAN's folders, for its owner alone."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from haloweb.asgi import application
from tests import factories
from tests.training.recordings import gliding, record, save_pictures
from upscaler.jobs import tasks
from upscaler.jobs.actions.dataset_work import export_start
from upscaler.jobs.steps import dataset_export
from upscaler.models import Capture, CaptureState, Dataset, User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def dataset(person: User) -> Dataset:
    return factories.make_dataset(person, name="H1 v1", harvest_json={"burst_frames": 20, "min_burst_frames": 10})


@pytest.fixture
def captures(dataset: Dataset, tmp_path: Path) -> None:
    """A video that is trained on, and pictures that are held out."""
    harvest(dataset, record(tmp_path / "run.mkv", gliding(1, 20, 160, 120)).read_bytes(), map="Halo")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for picture in save_pictures(tmp_path / "p", [gliding(seed, 1, 160, 120)[0] for seed in (2, 3)]).iterdir():
            file.write(picture, picture.name)
    harvest(dataset, archive.getvalue(), original_name="p.zip", map="Sidewinder", split="held-out")


def harvest(dataset: Dataset, content: bytes, **values: Any) -> None:
    capture = factories.make_capture(dataset, state=CaptureState.WAITING, facts_json=None, **values)
    factories.store(capture.key, content)
    tasks.measure_capture(str(capture.pk))
    capture.refresh_from_db()
    assert capture.state == CaptureState.READY, capture.error


def exported(dataset: Dataset) -> dict[str, Any]:
    export_start(dataset=dataset)
    dataset.refresh_from_db()
    assert dataset.export_json is not None
    tasks.export_dataset(str(dataset.pk), dataset.export_json["work"])
    dataset.refresh_from_db()
    stored: dict[str, Any] = dataset.export_json
    return stored


@pytest.mark.usefixtures("captures", "enqueued")
def test_the_used_frames_are_in_the_archive_and_in_the_meta_files(dataset: Dataset, settings: Any) -> None:
    video = Capture.objects.get(map="Halo")
    video.frames.filter(number=7).update(choice=False)

    stored = exported(dataset)

    assert stored["state"] == "done", stored
    content = factories.stored(dataset.export_key)
    assert stored["size"] == len(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = set(archive.namelist())
        trained = archive.read("datasets/h1-v1/meta_info/meta_info_h1-v1.txt").decode().split()
        held_out = archive.read("datasets/h1-v1/meta_info/meta_info_h1-v1_held-out.txt").decode().split()
        frame = cv2.imdecode(np.frombuffer(archive.read(f"datasets/h1-v1/{trained[0]}"), np.uint8), cv2.IMREAD_COLOR)
    assert trained == [f"h1-v1_HR/{video.pk}/{number:08}.png" for number in range(20) if number != 7]
    assert len(held_out) == 2
    assert {f"datasets/h1-v1/{name}" for name in [*trained, *held_out, "card.json", "README.md"]} <= names
    assert frame is not None
    assert np.abs(frame[..., ::-1].astype(int) - gliding(1, 20, 160, 120)[0].astype(int)).max() <= 2
    assert not list(Path(settings.SCRATCH).glob("export-*"))


@pytest.mark.usefixtures("captures", "enqueued")
def test_an_export_that_does_not_fit_the_disk_says_what_it_needs(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset_export, "free_bytes", lambda: 0)

    stored = exported(dataset)

    assert stored["state"] == "failed"
    assert "of disk space" in stored["error"]


async def test_the_archive_is_its_owners_alone(
    dataset: Dataset, person_client: Client, stranger_client: Client
) -> None:
    await Dataset.objects.aupdate(export_json={"work": "x", "state": "done", "sha256": "ab", "size": 3})
    await sync_to_async(factories.store)(dataset.export_key, b"zip")

    async def fetch(client: Client | None) -> httpx.Response:
        cookies = {name: morsel.value for name, morsel in client.cookies.items()} if client else {}
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", cookies=cookies) as browser:
            return await browser.get(f"/datasets/{dataset.pk}/export.zip")

    own = await fetch(person_client)
    assert (own.status_code, own.content, own.headers["content-type"]) == (200, b"zip", "application/zip")
    assert "H1%20v1.zip" in own.headers["content-disposition"].replace(" ", "%20")
    assert (await fetch(stranger_client)).status_code == 404
    assert (await fetch(None)).status_code == 404
