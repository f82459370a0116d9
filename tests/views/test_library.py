"""The library: a person's own videos, newest first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from tests import factories
from upscaler.models import Job, JobState, User, Video, VideoState
from upscaler.models.artifact import ArtifactKind
from upscaler.views import library

pytestmark = pytest.mark.django_db


def test_an_empty_library_invites_the_first_upload(person_client: Client) -> None:
    page = person_client.get("/").content.decode()

    assert "Upload your first clip" in page
    assert 'href="/upload/"' in page


def test_videos_are_shown_newest_first_and_only_ones_own(person_client: Client, person: User, stranger: User) -> None:
    titles = [factories.make_video(person).title for _ in range(3)]
    other = factories.make_video(stranger, title="Not yours")

    response = person_client.get("/")

    assert [card["video"].title for card in response.context["cards"]] == titles[::-1]
    assert other.title not in response.content.decode()


def test_pages_are_turned(person_client: Client, person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "PAGE_VIDEOS", 2)
    titles = [factories.make_video(person).title for _ in range(5)][::-1]

    def shown(url: str) -> list[str]:
        return [card["video"].title for card in person_client.get(url).context["cards"]]

    assert shown("/") == titles[:2]
    assert shown("/?page=3") == titles[4:]
    assert shown("/?page=99") == titles[4:]
    assert shown("/?page=x") == titles[:2]
    assert "5 videos" in person_client.get("/").content.decode()


def test_more_videos_are_not_more_queries(
    person_client: Client, person: User, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for _ in range(12):
        video = factories.make_video(person)
        factories.make_artifact(video, ArtifactKind.POSTER)
        factories.make_job(video, state=JobState.DONE)
        factories.make_job(video)

    with django_assert_max_num_queries(7):
        assert len(person_client.get("/").context["cards"]) == 12
    ids = ",".join(str(video.pk) for video in person.videos.all())
    with django_assert_max_num_queries(6):
        assert len(person_client.get(f"/library.json?ids={ids}").json()) == 12


@pytest.mark.parametrize("state", VideoState)
def test_a_card_says_where_its_video_is(person_client: Client, person: User, state: VideoState) -> None:
    facts = factories.FACTS.to_json() if state == VideoState.READY else None
    factories.make_video(person, state=state, facts_json=facts)

    response = person_client.get("/")

    label = "Not upscaled yet" if state == VideoState.READY else state.label
    assert response.context["cards"][0]["label"] == label
    assert label in response.content.decode()


def test_a_card_says_how_far_the_newest_job_is(person_client: Client, rendering: Job) -> None:
    page = person_client.get("/").content.decode()

    assert "Upscaling" in page
    assert "40 %" in page


def test_a_card_says_that_its_job_is_paused_and_why_one_waits(person_client: Client, person: User) -> None:
    paused = factories.make_job(factories.make_video(person), state=JobState.PAUSED, frames_done=12)
    waiting = factories.make_job(factories.make_video(person), waits_for="The disk is full.")

    page = person_client.get("/").content.decode()
    states = person_client.get(f"/library.json?ids={paused.video_id},{waiting.video_id}").json()

    assert "Paused" in page
    assert "40 %" in page
    assert '<p class="waits muted small">The disk is full.</p>' in page
    assert states[str(waiting.video_id)]["waits_for"] == "The disk is full."


def test_a_title_is_text_and_no_markup(person_client: Client, person: User) -> None:
    factories.make_video(person, title="<script>alert(1)</script>")

    assert "<script>alert(1)" not in person_client.get("/").content.decode()


def test_states_are_told_of_ones_own_videos_only(
    person_client: Client, stranger_client: Client, rendering: Job, person: User
) -> None:
    waiting = factories.make_video(person, state=VideoState.PROBING)
    url = f"/library.json?ids={rendering.video_id},{waiting.pk},{uuid4()}"

    assert person_client.get(url).json() == {
        str(rendering.video_id): {
            "video": "ready", "state": "rendering", "label": "Upscaling", "done": 12, "total": 30, "is_active": True,
            "waits_for": "",
        },
        str(waiting.pk): {
            "video": "probing", "state": "probing", "label": "Looking at it", "done": 0, "total": 0, "is_active": True,
            "waits_for": "",
        },
    }  # fmt: skip
    assert stranger_client.get(url).json() == {}


def test_states_of_nothing(person_client: Client, video: Video) -> None:
    assert person_client.get("/library.json").json() == {}
    assert person_client.get("/library.json?ids=,").json() == {}


@pytest.mark.parametrize("ids", ["1,2", "z" * 36, "%00"])
def test_ids_that_are_none_are_refused(person_client: Client, ids: str) -> None:
    assert person_client.get(f"/library.json?ids={ids}").status_code == 400


def test_parts_are_chosen_in_a_mode_of_its_own(person_client: Client, person: User) -> None:
    ready = [factories.make_video(person) for _ in range(2)]
    waiting = factories.make_video(person, state=VideoState.ANALYSING, facts_json=None)

    plain, choosing = (person_client.get(url).content.decode() for url in ("/", "/?select=1"))

    assert 'href="?select=1"' in plain
    assert 'type="checkbox"' not in plain
    assert 'action="/join/"' in choosing
    for video in ready:
        assert f'<input type="checkbox" name="video" value="{video.pk}" aria-label="{video.title}">' in choosing
        assert f'href="/videos/{video.pk}/"' not in choosing
    assert f'value="{waiting.pk}"' not in choosing


def test_one_video_can_not_be_joined(person_client: Client, video: Video) -> None:
    assert "select=1" not in person_client.get("/").content.decode()
