"""What is done to several videos at once."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from tests import factories
from tests.fakes import EnqueuedTasks
from tests.page import Page
from upscaler.jobs.actions.trash import trash_of, videos_trash
from upscaler.library.descriptions import videos_describe
from upscaler.library.tags import tags_set
from upscaler.models import Collection, Job, JobState, Share, UpscaleModel, User, Video, VideoState
from upscaler.views import bulk, selection

pytestmark = pytest.mark.django_db

ACTIONS = ("edit", "collect", "run", "share", "trash")


@pytest.fixture
def videos(person: User) -> list[Video]:
    return [factories.make_video(person, title=f"Lockout {number}") for number in range(3)]


def chosen(*videos: Video, **more: Any) -> dict[str, Any]:
    return {"video": [str(video.pk) for video in videos], "query": "", **more}


def seen_in(page: Page) -> str:
    """What the form says of the videos that its page was about."""
    seen = page.one("main form input[name=seen]")["value"]
    assert re.fullmatch("[0-9a-f]{64}", seen)
    return seen


@pytest.mark.parametrize("action", ACTIONS)
def test_a_page_says_first_what_will_happen(person_client: Client, videos: list[Video], action: str) -> None:
    factories.make_job(videos[0], state=JobState.DONE)
    response = person_client.get(f"/bulk/{action}/", chosen(*videos[:2], query="q=lockout"))

    page = Page(response)
    assert response.status_code == 200
    assert set(page.texts('[aria-label="Selected videos"] li')) == {"Lockout 0", "Lockout 1"}
    assert page.one(".crumb a")["href"] == "/?q=lockout"
    form = page.one(f'form[action="/bulk/{action}/"]')
    assert [field["value"] for field in form.all("[name=video]")] == [str(video.pk) for video in videos[:2]]
    assert Video.objects.filter(trashed_at=None).count() == 3
    assert Job.objects.count() == 1


@pytest.mark.parametrize("action", ACTIONS)
def test_nothing_chosen_leads_back(person_client: Client, person: User, action: str) -> None:
    gone = factories.make_video(person)
    videos_trash(user=person, ids=[gone.pk])

    for said in ({}, {"video": ["none", str(uuid4()), str(gone.pk)]}):
        for ask in (person_client.get, person_client.post):
            response = ask(f"/bulk/{action}/", {"query": "q=x", **said})
            assert response["Location"] == "/?q=x&select=1"


@pytest.mark.parametrize("action", ACTIONS)
def test_strangers_and_visitors_do_nothing(
    stranger_client: Client, client: Client, videos: list[Video], nearest: UpscaleModel, action: str
) -> None:
    factories.make_job(videos[0], state=JobState.DONE)
    said = chosen(*videos, map="Midship", name="Mine", model=str(nearest.pk), preset="h264", size="", do="add")

    response = stranger_client.post(f"/bulk/{action}/", said)
    assert response["Location"] == "/?select=1", "they do not exist for a stranger"
    assert "Lockout" not in Page(stranger_client.get(f"/bulk/{action}/", said, follow=True)).source
    assert client.post(f"/bulk/{action}/", said)["Location"].startswith("/log-in/")

    assert set(Video.objects.values_list("map", "trashed_at")) == {("", None)}
    assert (Job.objects.count(), Share.objects.count(), Collection.objects.count()) == (1, 0, 0)


def test_fields_are_changed_and_others_left(person_client: Client, videos: list[Video]) -> None:
    Video.objects.update(mode="Slayer", year=2004, game="ce")
    tags_set(video=videos[0], names=["old"])

    response = person_client.post(
        "/bulk/edit/",
        chosen(*videos[:2], query="sort=title", game="-", map="Midship", empty=["year"], add="LAN, clan", remove="OLD"),
    )

    assert response["Location"] == "/?sort=title"
    assert list(Video.objects.order_by("title").values_list("game", "map", "mode", "year")) == [
        ("", "Midship", "Slayer", None), ("", "Midship", "Slayer", None), ("ce", "", "Slayer", 2004),
    ]  # fmt: skip
    assert {tag.name for tag in videos[0].tags.all()} == {"LAN", "clan"}
    assert person_client.get("/?q=midship+clan").context["count"] == 2


@pytest.mark.parametrize(
    "wrong", [{}, {"year": "12"}, {"game": "doom"}, {"add": ",".join(map(str, range(31)))}, {"empty": ["title"]}]
)
def test_a_change_that_is_none_or_wrong_is_answered_on_the_page(
    person_client: Client, videos: list[Video], wrong: dict[str, Any]
) -> None:
    response = person_client.post("/bulk/edit/", chosen(*videos, **wrong))

    assert response.status_code == 400
    assert len(Page(response).all("main form [name=video]")) == 3, "the choice is kept"


def test_all_that_fit_a_search_are_meant_whatever_page_they_are_on(
    person_client: Client, person: User, stranger: User, videos: list[Video]
) -> None:
    other, theirs = factories.make_video(person, title="Midship"), factories.make_video(stranger, title="Lockout")

    page = Page(person_client.get("/bulk/edit/", {"all": "1", "query": "q=lockout"}))
    assert page.one("main form [name=all]")["value"] == "1"
    assert not page.has("[name=video]")
    person_client.post("/bulk/edit/", {"all": "1", "query": "q=lockout", "seen": seen_in(page), "map": "Lockout"})

    changed = set(Video.objects.filter(map="Lockout"))
    assert changed == set(videos)
    assert not {other, theirs} & changed


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("change", ["one more", "one less", "another"])
def test_what_a_search_finds_by_now_is_shown_before_anything_is_done_with_it(
    person_client: Client, person: User, videos: list[Video], nearest: UpscaleModel, action: str, change: str
) -> None:
    for video in videos:
        factories.make_job(video, state=JobState.DONE)
    search = {"all": "1", "query": "q=lockout&sort=title"}
    page = Page(person_client.get(f"/bulk/{action}/", search))
    if change != "one more":
        videos_trash(user=person, ids=[videos[0].pk])
    if change != "one less":
        factories.make_job(factories.make_video(person, title="Lockout, later"), state=JobState.DONE)
    before = list(Video.objects.order_by("pk").values_list("trashed_at", "map"))
    said = search | {
        "map": "Midship",
        "name": "Mine",
        "model": str(nearest.pk),
        "preset": "h264",
        "size": "",
        "do": "add",
    }

    response = person_client.post(f"/bulk/{action}/", said | {"seen": seen_in(page)})

    again = Page(response)
    count = {"one more": 4, "one less": 2, "another": 3}[change]
    assert response.status_code == 409
    warning = again.text('main [role="alert"]')
    assert "Nothing was changed" in warning
    assert f"Your search now finds {count} videos" in warning
    assert list(Video.objects.order_by("pk").values_list("trashed_at", "map")) == before
    assert (Share.objects.count(), Collection.objects.count()) == (0, 0)
    assert not Job.objects.exclude(state=JobState.DONE).exists()
    if action == "edit":
        assert again.one("[name=map]")["value"] == "Midship", "what was typed is kept"

    assert person_client.post(f"/bulk/{action}/", said | {"seen": seen_in(again)}).status_code in (200, 302)


def test_the_order_in_which_a_search_finds_them_is_no_change(
    person_client: Client, person: User, videos: list[Video]
) -> None:
    page = Page(person_client.get("/bulk/trash/", {"all": "1", "query": "q=lockout&sort=title"}))
    videos_describe(user=person, ids=[videos[0].pk], values={"title": "Zanzibar, Lockout"}, add=[], remove=[])

    person_client.post("/bulk/trash/", {"all": "1", "query": "q=lockout&sort=title", "seen": seen_in(page)})

    assert trash_of(person).count() == 3


def test_what_nobody_was_shown_is_not_done(person_client: Client, person: User, videos: list[Video]) -> None:
    assert person_client.post("/bulk/trash/", {"all": "1", "query": ""}).status_code == 409

    assert not trash_of(person).exists()


def test_no_more_are_named_than_a_form_holds(
    person_client: Client, videos: list[Video], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "MAX_NAMED", 2)

    assert person_client.get("/bulk/trash/", chosen(*videos)).context["count"] == 2


def test_videos_are_put_into_a_collection_and_taken_out(
    person_client: Client, person: User, stranger: User, videos: list[Video]
) -> None:
    person_client.post("/bulk/collect/", chosen(*videos, collection="", name="Best of", do="add"))
    best = Collection.objects.get()
    assert (best.owner, best.videos.count()) == (person, 3)

    person_client.post("/bulk/collect/", chosen(videos[0], collection=str(best.pk), do="remove"))
    assert set(best.videos.all()) == set(videos[1:])

    theirs = Collection.objects.create(owner=stranger, name="Theirs")
    for wrong in ({"collection": str(theirs.pk)}, {"collection": "", "name": " "}, {"name": "New", "do": "remove"}):
        response = person_client.post("/bulk/collect/", chosen(videos[0], **{"do": "add", **wrong}))
        assert response.status_code == 400
    assert not theirs.videos.exists()


def test_a_job_is_started_on_each_that_can_have_one(
    person_client: Client,
    person: User,
    videos: list[Video],
    nearest: UpscaleModel,
    enqueued: EnqueuedTasks,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    waiting = factories.make_video(person, title="Not yet", state=VideoState.ANALYSING, facts_json=None)
    said = chosen(*videos, waiting, model=str(nearest.pk), preset="h264-high", size="480p")

    with django_capture_on_commit_callbacks(execute=True):
        page = Page(person_client.post("/bulk/run/", said, follow=True))

    started, left_out = page.messages
    assert started == "Started 3 jobs."
    assert "“Not yet”: This video isn't ready yet" in left_out
    assert {job.video for job in Job.objects.all()} == set(videos)
    assert {(job.state, job.recipe.preset, job.recipe.height) for job in Job.objects.all()} == {
        (JobState.QUEUED, "h264-high", 480)
    }
    assert enqueued.names == ["render"] * 3


def test_a_recipe_that_does_not_exist_starts_nothing(person_client: Client, videos: list[Video]) -> None:
    response = person_client.post("/bulk/run/", chosen(*videos, model="x", preset="h264", size=""))

    assert response.status_code == 400
    assert response.context["form"].errors.keys() == {"model"}
    assert not Job.objects.exists()


def test_the_form_begins_with_what_the_person_prefers(person_client: Client, person: User, videos: list[Video]) -> None:
    person.default_model, person.default_preset, person.default_height = factories.make_model(), "h264-high", 960
    person.save()

    form = person_client.get("/bulk/run/", chosen(*videos)).context["form"]

    assert [form[name].initial for name in ("model", "preset", "size")] == [
        person.default_model_id,
        "h264-high",
        "960p",
    ]


@pytest.mark.parametrize("action", ["run", "share"])
def test_too_many_at_once_are_refused_with_the_reason(
    person_client: Client, videos: list[Video], nearest: UpscaleModel, action: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MAX_RUNS", 2)
    monkeypatch.setattr(bulk, "MAX_LINKS", 2)
    for video in videos:
        factories.make_job(video, state=JobState.DONE)

    said = chosen(*videos, model=str(nearest.pk), preset="h264", size="")
    page = Page(person_client.post(f"/bulk/{action}/", said))

    assert "at most 2 " in page.text('main [role="alert"]')
    assert (Job.objects.count(), Share.objects.count()) == (3, 0)


def test_a_link_is_made_for_the_newest_finished_job_of_each(
    person_client: Client, client: Client, videos: list[Video]
) -> None:
    older = factories.make_job(videos[0], state=JobState.DONE)
    newer = factories.make_finished_job(videos[0])
    factories.make_job(videos[0], state=JobState.FAILED)
    factories.make_job(videos[1], state=JobState.FAILED)

    page = Page(person_client.post("/bulk/share/", chosen(*videos)))

    share = Share.objects.get()
    assert (share.job, share.created_by) == (newer, videos[0].owner)
    assert older != newer
    assert page.one("main input[readonly]")["value"] == f"http://testserver/s/{share.token}/"
    assert client.get(f"/s/{share.token}/").status_code == 200


def test_without_a_finished_job_there_is_nothing_to_share(person_client: Client, videos: list[Video]) -> None:
    page = Page(person_client.post("/bulk/share/", chosen(*videos)))

    assert page.text('main [role="alert"]') == "None of these videos has a finished job yet."
    assert not Share.objects.exists()


def test_they_are_moved_to_the_trash(person_client: Client, person: User, videos: list[Video]) -> None:
    running = factories.make_job(videos[0], state=JobState.RENDERING)
    asks = Page(person_client.get("/bulk/trash/", chosen(*videos)))
    assert "1 unfinished job will be cancelled" in asks.text(".lead")

    page = Page(person_client.post("/bulk/trash/", chosen(*videos[:2]), follow=True))

    assert page.message == "Moved 2 videos to the trash."
    assert set(trash_of(person)) == set(videos[:2])
    running.refresh_from_db()
    assert running.state == JobState.CANCELLED


def test_more_videos_are_not_more_queries(
    person_client: Client, person: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    videos = [factories.make_video(person) for _ in range(30)]

    with django_assert_max_num_queries(20):
        person_client.post("/bulk/edit/", chosen(*videos, map="Midship", add="LAN"))
    with django_assert_max_num_queries(14):
        person_client.post("/bulk/trash/", chosen(*videos))
    assert trash_of(person).filter(map="Midship").count() == 30
