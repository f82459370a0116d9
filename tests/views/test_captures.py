"""A capture's page: its contact sheet, and the choice of its frames."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests import factories
from tests.fakes import EnqueuedTasks
from tests.page import Page
from upscaler.models import Capture, CaptureSplit, CaptureState, Dataset, Frame, User

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.fixture
def dataset(person: User) -> Dataset:
    return factories.make_dataset(person)


@pytest.fixture
def capture(dataset: Dataset) -> Capture:
    """250 frames of 25 scenes; every other one is used."""
    return factories.make_capture(dataset, frames=250, title="Blood Gulch run")


def numbers(page: Page) -> list[int]:
    return [int(frame["data-frame"]) for frame in page.all(".frame")]


def used(capture: Capture) -> set[int]:
    return set(capture.frames.filter(is_used=True).values_list("number", flat=True))


def test_frames_are_shown_a_hundred_a_page(person_client: Client, capture: Capture) -> None:
    first = Page(person_client.get(f"/captures/{capture.pk}/"))
    last = Page(person_client.get(f"/captures/{capture.pk}/?page=3"))

    assert numbers(first) == list(range(100))
    assert numbers(last) == list(range(200, 250))
    frame = last.all(".frame")[15]
    assert frame["data-sheet"] == f"/captures/{capture.pk}/sheets/2.jpg?v=250"
    assert (frame["data-column"], frame["data-row"], frame["data-rows"]) == ("5", "1", "5")
    assert (frame["aria-pressed"], frame["aria-label"]) == ("false", "Frame 215, scene 21")
    assert first.text("#used") == "125"


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("show=used", list(range(0, 200, 2))),
        ("show=unused&page=2", list(range(201, 250, 2))),
        ("show=blurred&scene=3", [31, 33, 35, 37, 39]),
        ("scene=24", list(range(240, 250))),
        ("show=chosen", [7]),
        ("show=black", []),
        ("show=' OR 1=1&scene=-1&page=x", []),
    ],
)
def test_a_filter_narrows_the_frames(person_client: Client, capture: Capture, query: str, shown: list[int]) -> None:
    capture.frames.filter(number=7).update(choice=False)

    assert numbers(Page(person_client.get(f"/captures/{capture.pk}/?{query}"))) == shown


def test_why_frames_were_left_out_is_counted(person_client: Client, capture: Capture) -> None:
    page = Page(person_client.get(f"/captures/{capture.pk}/?scene=3"))

    assert page.texts(".chip") == ["All", "Used", "Left out", "Your choices", "Blurred 125"]
    assert page.all(".chip a")[4]["href"] == "?show=blurred&scene=3#frames"


def test_frames_are_excluded_and_included_one_by_one(person_client: Client, capture: Capture) -> None:
    url = f"/captures/{capture.pk}/choose/"

    excluded = person_client.post(url, {"frames": "0,2", "choice": "exclude"}, headers=JSON)
    included = person_client.post(url, {"frames": "1", "choice": "include"}, headers=JSON)

    assert (excluded.json(), included.json()) == ({"used": 123}, {"used": 124})
    assert used(capture) == set(range(0, 250, 2)) - {0, 2} | {1}
    assert person_client.post(url, {"frames": "0,1,2", "choice": "harvest"}, headers=JSON).json() == {"used": 125}
    capture.refresh_from_db()
    assert capture.frames_kept == 125


def test_all_frames_of_a_scene_are_included(person_client: Client, capture: Capture) -> None:
    values = {"scene": "3", "choice": "include", "show": "blurred", "page": "1"}
    response = person_client.post(f"/captures/{capture.pk}/choose/", values)

    assert response["Location"] == f"/captures/{capture.pk}/?page=1&show=blurred&scene=3#frames"
    assert used(capture) == set(range(0, 250, 2)) | set(range(30, 40))


@pytest.mark.parametrize("values", [{"choice": "include"}, {"frames": "1"}, {"frames": "1", "choice": "delete"}])
def test_a_choice_that_is_none_changes_nothing(person_client: Client, capture: Capture, values: dict[str, str]) -> None:
    assert person_client.post(f"/captures/{capture.pk}/choose/", values).status_code == 404
    assert not capture.frames.filter(choice__isnull=False).exists()


def test_the_frames_of_another_capture_stay(person_client: Client, dataset: Dataset, capture: Capture) -> None:
    other = factories.make_capture(dataset, frames=3)

    person_client.post(f"/captures/{capture.pk}/choose/", {"frames": "0", "choice": "exclude"})

    assert not Frame.objects.filter(capture=other, choice__isnull=False).exists()


def test_thumbnails_are_their_owners_alone(person_client: Client, stranger_client: Client, capture: Capture) -> None:
    factories.store(capture.sheet_key(1), b"a picture")

    response = person_client.get(f"/captures/{capture.pk}/sheets/1.jpg")

    assert (response.content, response["Content-Type"]) == (b"a picture", "image/jpeg")
    assert "private" in response["Cache-Control"]
    assert person_client.get(f"/captures/{capture.pk}/sheets/0.jpg").status_code == 404
    assert stranger_client.get(f"/captures/{capture.pk}/sheets/1.jpg").status_code == 404


def test_a_map_comes_to_one_side_of_the_split_as_a_whole(
    person_client: Client, dataset: Dataset, capture: Capture
) -> None:
    same, other = factories.make_capture(dataset, map="Sidewinder"), factories.make_capture(dataset, map="Hang 'Em")
    values = {"title": " Run  2 ", "map": "sidewinder", "licence": "CC0-1.0", "split": "held-out"}

    person_client.post(f"/captures/{capture.pk}/edit/", values)

    sides = dict(Capture.objects.values_list("pk", "split"))
    assert sides == {capture.pk: "held-out", same.pk: "held-out", other.pk: "training"}
    capture.refresh_from_db()
    assert (capture.title, capture.map, capture.licence) == ("Run 2", "sidewinder", "CC0-1.0")
    refused = person_client.post(f"/captures/{capture.pk}/edit/", values | {"title": " "}, follow=True)
    assert Page(refused).message == "Title: This field is required."


def test_a_capture_is_harvested_again(
    person_client: Client,
    capture: Capture,
    enqueued: EnqueuedTasks,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        person_client.post(f"/captures/{capture.pk}/harvest/")

    capture.refresh_from_db()
    assert capture.state == CaptureState.WAITING
    assert [(task.name, task.arguments) for task in enqueued] == [("measure_capture", (str(capture.pk),))]
    again = person_client.post(f"/captures/{capture.pk}/harvest/", follow=True)
    assert Page(again).message == "This capture is being analysed already."


def test_a_capture_that_is_not_measured_has_a_page(person_client: Client, dataset: Dataset) -> None:
    capture = factories.make_capture(dataset, state=CaptureState.REFUSED, facts_json=None, error="It is no video.")

    page = Page(person_client.get(f"/captures/{capture.pk}/"))

    assert page.text('[role="alert"]') == "It is no video."
    assert not page.has("#frames")


def test_a_capture_is_deleted_with_its_files(
    person_client: Client,
    dataset: Dataset,
    capture: Capture,
    enqueued: EnqueuedTasks,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    factories.store(capture.key, b"video")
    with django_capture_on_commit_callbacks(execute=True):
        response = person_client.post(f"/captures/{capture.pk}/delete/")

    assert response["Location"] == f"/datasets/{dataset.pk}/"
    assert Capture.objects.count() == Frame.objects.count() == 0
    enqueued.run("remove_folder")
    assert factories.files_under(capture.folder) == []


@pytest.mark.parametrize("action", ["choose", "edit", "harvest", "delete"])
def test_a_stranger_changes_no_capture(stranger_client: Client, client: Client, capture: Capture, action: str) -> None:
    values = {"frames": "0", "choice": "exclude", "title": "mine", "split": CaptureSplit.HELD_OUT}

    assert stranger_client.get(f"/captures/{capture.pk}/").status_code == 404
    assert stranger_client.post(f"/captures/{capture.pk}/{action}/", values).status_code == 404
    assert client.post(f"/captures/{capture.pk}/{action}/", values).status_code == 302

    fresh = Capture.objects.get()
    assert (fresh.title, fresh.split, fresh.state) == ("Blood Gulch run", "training", "ready")
    assert len(used(capture)) == 125


def test_a_page_of_fifty_thousand_frames_is_quick(person_client: Client, dataset: Dataset) -> None:
    capture = factories.make_capture(dataset, frames=50_000)
    seconds = {}
    for query in ("page=1", "page=500", "show=used&page=200", "show=blurred"):
        person_client.get(f"/captures/{capture.pk}/?{query}")
        begun = time.process_time()
        person_client.get(f"/captures/{capture.pk}/?{query}")
        seconds[query] = time.process_time() - begun

    print({query: f"{1000 * value:.0f} ms" for query, value in seconds.items()})
    assert max(seconds.values()) < 0.3
