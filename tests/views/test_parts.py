"""Parts of a film are put in order and joined."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from tests import factories
from tests.fakes import EnqueuedTasks
from tests.page import Page
from upscaler.jobs.steps import joining
from upscaler.models import Part, User, Video, VideoState
from upscaler.models.artifact import ArtifactKind
from upscaler.views.parts import common_title, natural

pytestmark = pytest.mark.django_db


@pytest.fixture
def parts(person: User) -> list[Video]:
    """Made in another order than that of their numbers."""
    return [
        factories.make_video(person, title=f"Red vs Blue part {number}", original_name=f"rvb_part{number}.wmv")
        for number in (10, 2, 1)
    ]


def address(videos: list[Video]) -> str:
    return "/join/?" + "&".join(f"video={video.pk}" for video in videos)


def test_parts_begin_in_the_order_of_their_numbers(person_client: Client, parts: list[Video]) -> None:
    poster = factories.make_artifact(parts[0], ArtifactKind.POSTER)

    response = person_client.get(address(parts))

    assert [card["video"] for card in response.context["cards"]] == [parts[2], parts[1], parts[0]]
    page = Page(response)
    assert page.one("[name=title]")["value"] == "Red vs Blue"
    last = page.one(f'#parts [data-video="{parts[0].pk}"]')
    assert last.one("img")["src"] == f"/media/{poster.pk}"
    for words in ("0:01", "64 × 48", "30 per second"):  # noqa: RUF001
        assert words in last.text()
    assert page.has('#parts button[aria-label="Move Red vs Blue part 2 up"]')


def test_they_are_joined_in_the_order_that_was_chosen(
    person_client: Client,
    parts: list[Video],
    enqueued: EnqueuedTasks,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    chosen = [parts[1], parts[2], parts[0]]
    with django_capture_on_commit_callbacks(execute=True):
        response = person_client.post(
            "/join/", {"video": [str(part.pk) for part in chosen], "title": "Red vs Blue", "starts_job": "on"}
        )

    film = Video.objects.get(state=VideoState.JOINING)
    assert response["Location"] == f"/videos/{film.pk}/"
    assert (film.title, film.original_name, film.starts_job) == ("Red vs Blue", "Red vs Blue.mkv", True)
    assert [part.source for part in film.parts.all()] == chosen
    assert enqueued.names == ["take_in_video"]


def test_fewer_than_two_go_back_to_the_library(person_client: Client, parts: list[Video]) -> None:
    for url in ("/join/", address(parts[:1]), f"/join/?video={parts[0].pk}&video=none&video={uuid4()}"):
        response = person_client.get(url, follow=True)
        assert response.redirect_chain == [("/?select=1", 302)]
        assert "Select at least two videos" in Page(response).message


def test_a_film_needs_a_title(person_client: Client, parts: list[Video]) -> None:
    response = person_client.post("/join/", {"video": [str(part.pk) for part in parts], "title": " "})

    assert response.status_code == 400
    assert response.context["form"].errors.keys() == {"title"}
    assert [card["video"] for card in response.context["cards"]] == parts, "the order stays"
    assert Part.objects.count() == 0


def test_a_part_that_is_not_measured_yet_is_waited_for(person_client: Client, person: User, video: Video) -> None:
    waiting = factories.make_video(person, state=VideoState.ANALYSING, facts_json=None)

    page = Page(person_client.get(address([video, waiting])))
    response = person_client.post("/join/", {"video": [str(video.pk), str(waiting.pk)], "title": "Film"})

    assert [part["data-video"] for part in page.all("#parts [data-waiting]")] == [str(waiting.pk)]
    assert page.text("#waiting") == "Some parts are still being analysed."
    assert response.status_code == 400
    assert "was deleted, or isn't analysed yet" in Page(response).text('#film [role="alert"]')


def test_a_disk_that_is_too_full_is_said(
    person_client: Client, parts: list[Video], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joining, "free_bytes", lambda: settings.ENVIRONMENT.disk_floor_bytes)

    response = person_client.post("/join/", {"video": [str(part.pk) for part in parts], "title": "Film"})

    assert response.status_code == 400
    assert "too little disk space" in Page(response).text('#film [role="alert"]')
    assert Part.objects.count() == 0


def test_a_stranger_joins_nothing_of_others(stranger_client: Client, stranger: User, parts: list[Video]) -> None:
    own = factories.make_video(stranger)

    assert stranger_client.get(address(parts)).status_code == 302
    other = factories.make_video(stranger)
    chosen = [str(own.pk), str(other.pk), str(parts[0].pk)]
    response = stranger_client.post("/join/", {"video": chosen, "title": "Film"})

    assert response.status_code == 400
    page = Page(response)
    error = page.text('#film [role="alert"]')
    assert "was deleted, or isn't analysed yet" in error, "no film of the other two, without a word"
    assert parts[0].title not in page.source
    assert Part.objects.count() == 0


def test_a_visitor_is_sent_to_log_in(client: Client, parts: list[Video]) -> None:
    assert client.get(address(parts))["Location"].startswith("/log-in/")
    assert client.post("/join/", {}).status_code == 302
    assert Part.objects.count() == 0


@pytest.mark.parametrize(
    ("titles", "title"),
    [
        (["Red vs Blue part 1", "Red vs Blue part 2"], "Red vs Blue"),
        (["warthog-01", "warthog-02"], "warthog"),
        (["Halo CD1", "Halo CD2"], "Halo"),
        (["The jump (1)", "The jump (2)"], "The jump"),
        (["One", "Two"], ""),
        (["Same", "Same"], "Same"),
    ],
)
def test_a_title_is_what_the_parts_have_in_common(person: User, titles: list[str], title: str) -> None:
    assert common_title([Video(owner=person, title=one) for one in titles]) == title


def test_numbers_in_names_are_numbers() -> None:
    names = ["b2", "a10", "a9", "a", "10", "9"]
    assert sorted(names, key=natural) == ["9", "10", "a", "a9", "a10", "b2"]
