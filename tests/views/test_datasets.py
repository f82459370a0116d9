"""The list of datasets and a dataset's page: their owner's alone."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests import factories
from tests.fakes import EnqueuedTasks
from tests.page import Page
from tests.views.conftest import queries_of
from upscaler.jobs.actions.dataset_work import work_store
from upscaler.models import Capture, CaptureSplit, CaptureState, Dataset, Event, Frame, TrainingRun, User, Video
from upscaler.selectors import coverage
from upscaler.training.dataset import coverage as training_coverage

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(person: User) -> Dataset:
    return factories.make_dataset(person, name="h1v1")


def test_a_dataset_is_created_by_its_name(person_client: Client, person: User) -> None:
    assert Page(person_client.get("/datasets/")).has(".empty-state")

    response = person_client.post("/datasets/", {"name": "  Combat\n Evolved ", "game": "ce"})

    dataset = Dataset.objects.get()
    assert response["Location"] == f"/datasets/{dataset.pk}/"
    assert (dataset.owner, dataset.name, dataset.game) == (person, "Combat Evolved", "ce")
    assert Page(person_client.get("/datasets/")).text(".item-list") == "Combat Evolved Halo: CE · 0 captures · 0 frames"


@pytest.mark.parametrize("name", ["", "  ", "\u200b\x1b"])
def test_a_dataset_needs_a_name(person_client: Client, name: str) -> None:
    response = person_client.post("/datasets/", {"name": name})

    assert (response.status_code, Dataset.objects.count()) == (400, 0)
    assert len(Page(response).errors) == 1


def test_its_page_lists_captures_with_what_is_wrong_with_them(person_client: Client, dataset: Dataset) -> None:
    factories.make_capture(dataset, frames=6, title="Blood Gulch run", map="Blood Gulch")
    refused = factories.make_capture(dataset, state=CaptureState.REFUSED, error="It is no video.", facts_json=None)
    upscale = factories.make_capture(dataset, frames=2, contributor="Cortana", split=CaptureSplit.HELD_OUT)
    assert upscale.facts_json is not None
    upscale.facts_json["warnings"] = ["It is an upscale itself."]
    upscale.save()

    page = Page(person_client.get(f"/datasets/{dataset.pk}/"))

    assert "Blood Gulch · 640 \N{MULTIPLICATION SIGN} 480" in page.texts(".capture .item-text")[2]
    assert page.text(f'[data-capture="{refused.pk}"] .field-error') == "It is no video."
    assert page.text(f'[data-capture="{upscale.pk}"] .warning') == "It is an upscale itself."
    assert page.text(f'[data-capture="{upscale.pk}"] .badge') == "Held out"
    assert "from Cortana" in page.text(f'[data-capture="{upscale.pk}"]')
    assert "4 frames, 1 of them held out" in page.text("#coverage-title")
    assert page.texts(".maps tbody tr") == ["Blood Gulch 1 3", "No map entered Held out 1 1"]


def test_what_is_missing_is_said(person_client: Client, dataset: Dataset) -> None:
    capture = factories.make_capture(dataset, frames=40, map="Sidewinder")
    Frame.objects.update(brightness=200.0, motion=0.1)

    missing = Page(person_client.get(f"/datasets/{dataset.pk}/")).text("#missing")

    assert "No capture is held out" in missing
    assert "Only 1 map to train on." in missing
    assert "There are no dark scenes" in missing
    assert "No frame has fast motion" in missing
    assert "bright scenes, such" not in missing

    Capture.objects.filter(pk=capture.pk).update(split=CaptureSplit.HELD_OUT)
    missing = Page(person_client.get(f"/datasets/{dataset.pk}/")).text("#missing")
    assert "All captures are held out" in missing


def test_bands_are_those_of_training() -> None:
    dark, _, bright = training_coverage.BRIGHTNESS.values()
    still, _, fast = training_coverage.MOTION.values()

    assert (dark[1], bright[0]) == (coverage.DARK, coverage.BRIGHT)
    assert (still[1], fast[0]) == (coverage.SLOW, coverage.FAST)


def test_every_fifth_map_is_held_out_on_request(person_client: Client, dataset: Dataset) -> None:
    captures = [factories.make_capture(dataset, frames=2, map=f"Map {number}") for number in range(5)]
    again = factories.make_capture(dataset, frames=2, map="map 4")
    page = Page(person_client.get(f"/datasets/{dataset.pk}/"))
    assert page.has(f'#missing form[action="/datasets/{dataset.pk}/split/"]')

    person_client.post(f"/datasets/{dataset.pk}/split/")

    held_out = set(Capture.objects.filter(split=CaptureSplit.HELD_OUT).values_list("pk", flat=True))
    assert held_out == {captures[4].pk, again.pk}


def test_its_settings_are_changed(person_client: Client, dataset: Dataset) -> None:
    page = Page(person_client.get(f"/datasets/{dataset.pk}/edit/"))
    assert page.one("[name=leave_out_black]").get("checked") is not None
    assert page.one("[name=keep_all]").get("checked") is None

    values = {"name": "h1v2", "licence": "GPL-2.0-only", "notes": "x", "keep_all": "on", "max_frames": "9000"}
    assert person_client.post(f"/datasets/{dataset.pk}/edit/", values)["Location"] == f"/datasets/{dataset.pk}/"

    dataset.refresh_from_db()
    assert (dataset.name, dataset.licence) == ("h1v2", "GPL-2.0-only")
    assert dataset.harvest_json == {
        "leave_out_black": False, "leave_out_static": False, "keep_all": True, "max_frames": 9000,
    }  # fmt: skip
    refused = person_client.post(f"/datasets/{dataset.pk}/edit/", values | {"max_frames": "-1"})
    assert (refused.status_code, len(Page(refused).errors)) == (400, 1)


def test_videos_of_the_library_are_added(
    person_client: Client,
    person: User,
    stranger: User,
    dataset: Dataset,
    enqueued: EnqueuedTasks,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    video, other = factories.make_video(person, title="Silent Cartographer"), factories.make_video(person)
    foreign = factories.make_video(stranger)
    page = Page(person_client.get(f"/datasets/{dataset.pk}/add/?q=cartographer"))
    assert [box["value"] for box in page.all("[name=video]")] == [str(video.pk)]

    with django_capture_on_commit_callbacks(execute=True):
        person_client.post(f"/datasets/{dataset.pk}/add/", {"video": [str(video.pk), str(foreign.pk), "x"]})

    capture = dataset.captures.get()
    assert (capture.video, capture.title, capture.state) == (video, "Silent Cartographer", CaptureState.WAITING)
    assert [(task.name, task.arguments) for task in enqueued] == [("measure_capture", (str(capture.pk),))]
    page = Page(person_client.get(f"/datasets/{dataset.pk}/add/"))
    assert ["in this dataset" in text for text in page.texts(".choice li")] == [
        row == video for row in Video.objects.filter(pk__in=[video.pk, other.pk]).order_by("-created_at")
    ]


def test_a_dataset_is_deleted_with_everything_of_it(
    person_client: Client,
    dataset: Dataset,
    enqueued: EnqueuedTasks,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    capture = factories.make_capture(dataset, frames=30)
    factories.make_capture_link(dataset)
    factories.store(capture.key, b"video")
    with django_capture_on_commit_callbacks(execute=True):
        response = person_client.post(f"/datasets/{dataset.pk}/delete/")

    assert response["Location"] == "/datasets/"
    assert Dataset.objects.count() == Frame.objects.count() == Event.objects.count() == 0
    enqueued.run("remove_folder")
    assert factories.files_under(capture.folder) == []


def test_a_dataset_that_a_run_uses_stays(person_client: Client, person: User, dataset: Dataset) -> None:
    capture = factories.make_capture(dataset)
    TrainingRun.objects.create(dataset=dataset, owner=person, name="run", recipe_json={}, preparation_json={})

    response = person_client.post(f"/datasets/{dataset.pk}/delete/", follow=True)

    assert "Delete them first." in Page(response).message
    assert Capture.objects.filter(pk=capture.pk).exists()


def test_the_status_of_its_captures_is_told_to_a_page_without_a_websocket(
    person_client: Client, dataset: Dataset
) -> None:
    capture = factories.make_capture(dataset, frames=8)

    status = person_client.get(f"/datasets/{dataset.pk}/status.json").json()

    assert (status["last"], status["is_final"]) == (0, False)
    assert status["captures"] == [
        {"kind": "capture", "id": str(capture.pk), "state": "ready", "label": "Ready", "seen": 8, "total": 8, "kept": 4}
    ]


@pytest.mark.parametrize("page", ["", "status.json", "edit/", "add/"])
def test_a_stranger_finds_no_dataset(stranger_client: Client, client: Client, dataset: Dataset, page: str) -> None:
    assert stranger_client.get(f"/datasets/{dataset.pk}/{page}").status_code == 404
    assert client.get(f"/datasets/{dataset.pk}/{page}").status_code == 302
    assert dataset.name not in Page(stranger_client.get("/datasets/")).source


@pytest.mark.parametrize("action", ["edit/", "add/", "split/", "leaks/", "export/", "delete/", "links/"])
def test_a_stranger_changes_no_dataset(stranger_client: Client, dataset: Dataset, action: str) -> None:
    assert stranger_client.post(f"/datasets/{dataset.pk}/{action}", {"name": "mine"}).status_code == 404

    assert Dataset.objects.get().name == "h1v1"


def test_a_leak_check_is_enqueued_and_its_outcome_is_shown_until_something_changes(
    person_client: Client,
    dataset: Dataset,
    enqueued: EnqueuedTasks,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    trained = factories.make_capture(dataset, frames=300, title="Run 1")
    held_out = factories.make_capture(dataset, frames=2, title="Run 2", split=CaptureSplit.HELD_OUT)
    url = f"/datasets/{dataset.pk}/"
    assert "Not checked since the last change." in Page(person_client.get(url)).text("#leaks")

    with django_capture_on_commit_callbacks(execute=True):
        person_client.post(f"{url}leaks/")

    assert enqueued.names == ["check_leaks"]
    assert "Queued." in Page(person_client.get(url)).text("#leaks")
    dataset.refresh_from_db()
    check = dataset.leaks_json["work"]  # type: ignore[index]
    leak = {"training": str(trained.pk), "training_frame": 250, "held_out": str(held_out.pk), "held_out_frame": 1}
    assert work_store("leaks", dataset, check, state="done", leaks=[leak])
    panel = Page(person_client.get(url)).one("#leaks")
    assert panel.texts(".leak-list li") == ["Frame 250 of Run 1 shows frame 1 of Run 2"]
    assert panel.all(".leak-list a")[0]["href"] == f"/captures/{trained.pk}/?page=3#frames"

    person_client.post(f"/captures/{trained.pk}/choose/", {"frames": "250", "choice": "exclude"})

    assert "Not checked since the last change." in Page(person_client.get(url)).text("#leaks")
    assert not work_store("leaks", dataset, check, state="done", leaks=[])


def test_a_page_asks_the_database_as_often_for_many_captures_as_for_one(
    person_client: Client, dataset: Dataset
) -> None:
    factories.make_capture(dataset, frames=2, map="Chill Out")
    few = queries_of(person_client, f"/datasets/{dataset.pk}/")

    for number in range(12):
        factories.make_capture(dataset, frames=2, map=f"Map {number}")

    assert queries_of(person_client, f"/datasets/{dataset.pk}/") == few


def test_tens_of_thousands_of_frames_make_no_slow_page(person_client: Client, dataset: Dataset) -> None:
    for number in range(5):
        factories.make_capture(dataset, frames=10_000, map=f"Map {number}", split="training" if number else "held-out")
    person_client.get(f"/datasets/{dataset.pk}/")

    seconds = []
    for _ in range(3):
        begun = time.process_time()
        person_client.get(f"/datasets/{dataset.pk}/")
        seconds.append(time.process_time() - begun)

    tracemalloc.start()
    person_client.get(f"/datasets/{dataset.pk}/")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    print(f"dataset page: {1000 * min(seconds):.0f} ms of processor time, {peak / 1024**2:.1f} MiB at most")
    assert min(seconds) < 0.15
    assert peak < 8 * 1024**2
