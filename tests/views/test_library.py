"""The library: a person's own videos, newest first."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.page import Page
from upscaler.jobs.actions.trash import videos_trash
from upscaler.library.tags import tags_set
from upscaler.models import Collection, Job, JobState, User, Video, VideoState
from upscaler.models.artifact import ArtifactKind
from upscaler.views import library

pytestmark = pytest.mark.django_db


def test_an_empty_library_invites_the_first_upload(person_client: Client) -> None:
    page = Page(person_client.get("/"))

    assert page.text('main a[href="/upload/"]') == "Upload your first video"


def test_videos_are_shown_newest_first_and_only_ones_own(person_client: Client, person: User, stranger: User) -> None:
    titles = [factories.make_video(person).title for _ in range(3)]
    other = factories.make_video(stranger, title="Not yours")

    response = person_client.get("/")

    assert [card["video"].title for card in response.context["cards"]] == titles[::-1]
    assert other.title not in Page(response).source


def test_pages_are_turned(person_client: Client, person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "PAGE_VIDEOS", 2)
    titles = [factories.make_video(person).title for _ in range(5)][::-1]

    def shown(url: str) -> list[str]:
        return [card["video"].title for card in person_client.get(url).context["cards"]]

    assert shown("/") == titles[:2]
    assert shown("/?page=3") == titles[4:]
    assert shown("/?page=99") == titles[4:]
    assert shown("/?page=x") == titles[:2]
    assert Page(person_client.get("/")).text("#count") == "5 videos"


def test_more_videos_are_not_more_queries(person_client: Client, person: User) -> None:
    def queries(url: str, **headers: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert person_client.get(url, headers=headers).status_code == 200
        assert not [one["sql"] for one in queries if '"facts_json"' in one["sql"]]
        return len(queries)

    def count() -> list[int]:
        ids = ",".join(str(video.pk) for video in person.videos.all())
        searched = "/?q=blood+gulch&state=done&tag=lan&tag=one&sort=title&size=240"
        urls = ("/", "/?view=list", searched, f"/library.json?ids={ids}", "/trash/")
        return [*map(queries, urls), queries(searched, **{"HX-Request": "true"})]

    fill(person, 3)
    few = count()
    fill(person, 27)

    assert len(person_client.get("/").context["cards"]) == 30
    assert count() == few
    assert max(few) <= 14


def fill(person: User, count: int) -> None:
    """Videos as full as they get, and as many in the trash."""
    trashed = []
    for number in range(2 * count):
        video = factories.make_video(person, year=2000 + number)
        factories.make_artifact(video, ArtifactKind.POSTER)
        factories.make_job(video, state=JobState.FAILED, model=factories.make_model())
        factories.make_job(video, state=JobState.DONE)
        tags_set(video=video, names=["lan", "one", f"number {number}"])
        if number % 2:
            trashed.append(video.pk)
    videos_trash(user=person, ids=trashed)


@pytest.mark.parametrize("state", VideoState)
def test_a_card_says_where_its_video_is(person_client: Client, person: User, state: VideoState) -> None:
    facts = factories.FACTS.to_json() if state == VideoState.READY else None
    factories.make_video(person, state=state, facts_json=facts)

    response = person_client.get("/")

    label = "Not upscaled yet" if state == VideoState.READY else state.label
    assert response.context["cards"][0]["label"] == label
    assert Page(response).text(".card .state .label") == label


def test_a_card_says_how_far_the_newest_job_is(person_client: Client, rendering: Job) -> None:
    page = Page(person_client.get("/"))

    assert page.text('.card .state[data-state="rendering"] .label') == "Upscaling"
    assert page.text(".card .state .share") == "40 %"


def test_a_card_says_that_its_job_is_paused_and_why_one_waits(person_client: Client, person: User) -> None:
    paused = factories.make_job(factories.make_video(person), state=JobState.PAUSED, frames_done=12)
    waiting = factories.make_job(factories.make_video(person), waits_for="The disk is full.")

    page = Page(person_client.get("/"))
    states = person_client.get(f"/library.json?ids={paused.video_id},{waiting.video_id}").json()

    assert page.text(f'[data-video="{paused.video_id}"] .state .label') == "Paused"
    assert page.text(f'[data-video="{paused.video_id}"] .state .share') == "40 %"
    assert page.text(f'[data-video="{waiting.video_id}"] .waits:not([hidden])') == "The disk is full."
    assert states[str(waiting.video_id)]["waits_for"] == "The disk is full."


def test_a_title_is_text_and_no_markup(person_client: Client, person: User) -> None:
    factories.make_video(person, title="<script>alert(1)</script>")

    assert Page(person_client.get("/")).text(".card h2") == "<script>alert(1)</script>"


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
            "video": "probing", "state": "probing", "label": "Analysing", "done": 0, "total": 0, "is_active": True,
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


def test_videos_are_chosen_in_a_mode_of_its_own(person_client: Client, person: User) -> None:
    ready = [factories.make_video(person) for _ in range(2)]
    waiting = factories.make_video(person, state=VideoState.ANALYSING, facts_json=None)

    plain, choosing = (Page(person_client.get(url)) for url in ("/", "/?select=1"))

    assert plain.one("#select")["href"] == "/?select=1"
    assert not plain.has("#results.selecting")
    assert choosing.has("#results.selecting")
    assert choosing.has('#selection button[formaction="/join/"]')
    for video in [*ready, waiting]:
        box = choosing.one(f'input[type="checkbox"][name="video"][form="selection"][value="{video.pk}"]')
        assert box["aria-label"] == f"Select {video.title}"
        assert choosing.has(f'input[value="{video.pk}"][data-joins]') is (video in ready)


def test_htmx_gets_the_results_alone(person_client: Client, person: User) -> None:
    factories.make_video(person, title="Lockout")
    factories.make_video(person, title="Midship")

    response = person_client.get("/?q=lockout&game=&sort=newest&page=7", headers={"HX-Request": "true"})

    page = Page(response)
    assert [element["id"] for element in page.all("body > *")] == ["results"]
    assert page.texts(".card h2") == ["Lockout"]
    assert response["HX-Push-Url"] == "/?q=lockout", "what is empty does not stand in the address"
    assert "HX-Request" in response["Vary"]
    back = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert Page(person_client.get("/?q=lockout", headers=back)).has("#main #results")


def test_a_search_stays_when_pages_are_turned(
    person_client: Client, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "PAGE_VIDEOS", 2)
    for number in range(5):
        factories.make_video(person, title=f"Lockout {number}")

    page = Page(person_client.get("/?q=lockout&sort=title&page=2&select=1"))

    assert page.one("[rel=prev]")["href"] == "/?q=lockout&sort=title&select=1"
    assert page.one("[rel=next]")["href"] == "/?q=lockout&sort=title&select=1&page=3"
    assert "Page 2 of 3" in page.text('nav[aria-label="Pages"]')


def test_what_is_not_found_is_said_and_the_way_back_is_there(person_client: Client, video: Video) -> None:
    page = Page(person_client.get("/?q=nowhere&game=ce"))

    assert page.text("#results h2") == "No matches"
    assert not page.has('main a[href="/upload/"]')
    assert page.one('a[aria-label="Remove filter Halo: CE"]')["href"] == "/?q=nowhere"


def test_every_filter_that_is_on_is_shown(person_client: Client, person: User) -> None:
    job = factories.make_job(factories.make_video(person, game="ce", year=2003), state=JobState.DONE)
    tags_set(video=job.video, names=["No Scope"])
    collection = Collection.objects.create(owner=person, name="Best of")
    collection.videos.add(job.video)
    query = f"game=ce&model={job.model_id}&state=done&size=240&year=2003&tag=no+scope&collection={collection.pk}"

    response = person_client.get(f"/?q=blood&{query}")

    labels = [chip.label for chip in response.context["chips"]]
    assert labels == ["“blood”", "Halo: CE", "Done", "nearest", "Up to 240 lines", "2003", "Best of", "#No Scope"]
    part = Page(person_client.get(f"/?{query}", headers={"HX-Request": "true"}))
    assert [chip["aria-label"] for chip in part.all(".chip a")] == [f"Remove filter {label}" for label in labels[1:]]
    assert response.context["count"] == 1
    assert Page(response).text("h1") == "Best of"


def test_a_list_is_a_preference_and_the_address_comes_first(person_client: Client, video: Video) -> None:
    def layout(url: str) -> str:
        return str(person_client.get(url).context["layout"])

    assert (layout("/"), layout("/?view=list")) == ("grid", "list")
    User.objects.update(lists_library=True)
    assert (layout("/"), layout("/?view=grid"), layout("/?view=cube")) == ("list", "grid", "list")


def test_the_trash_is_not_in_the_library(person_client: Client, person: User, video: Video) -> None:
    videos_trash(user=person, ids=[video.pk])

    page = Page(person_client.get("/"))

    assert video.title not in page.source
    assert page.text('main a[href="/trash/"]') == "1 video in the trash"
    assert person_client.get(f"/library.json?ids={video.pk}").json() == {}
