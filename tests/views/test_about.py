"""What is said about a clip, and by whom."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import factories
from tests.page import Page
from upscaler.library.tags import tags_set
from upscaler.models import Collection, User, Video

pytestmark = pytest.mark.django_db

SAID = {
    "title": "  Warthog\n jump ", "game": "ce", "map": "Halo", "mode": "Campaign", "players": "Ember 1 ,, Onyx",
    "year": "2003", "source_url": "https://example.org/jump.wmv", "uploader": "Sierra", "tags": "trick jumps, LAN",
    "notes": "The first of its kind.",
}  # fmt: skip


def address(video: Video) -> str:
    return f"/videos/{video.pk}/about/"


def test_it_is_kept_and_shown(person_client: Client, video: Video) -> None:
    response = person_client.post(address(video), SAID)

    assert response["Location"] == f"/videos/{video.pk}/"
    video.refresh_from_db()
    assert (video.title, video.game, video.players, video.year) == ("Warthog jump", "ce", "Ember 1, Onyx", 2003)
    page = Page(person_client.get(f"/videos/{video.pk}/"))
    assert page.text("h1") == "Warthog jump"
    about = page.one('[aria-label="About this video"]')
    for words in ("Halo: CE", "Campaign", "Ember 1, Onyx", "2003", "Sierra", "The first of its kind.", "trick jumps"):
        assert words in about.text(), words
    assert about.one('a[href="https://example.org/jump.wmv"]')["rel"] == "noopener noreferrer nofollow"
    assert about.has('a[href="/?tag=lan"]')


def test_the_form_holds_what_was_said(person_client: Client, video: Video) -> None:
    person_client.post(address(video), SAID)

    form = person_client.get(address(video)).context["form"]

    assert form["tags"].value() == "LAN, trick jumps"
    assert (form["map"].value(), form["year"].value()) == ("Halo", 2003)


def test_all_but_the_title_may_be_empty(person_client: Client, video: Video) -> None:
    person_client.post(address(video), SAID)

    person_client.post(address(video), dict.fromkeys(SAID, "") | {"title": "Jump"})

    video.refresh_from_db()
    assert (video.game, video.map, video.year, video.source_url, video.tags.count()) == ("", "", None, "", 0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", " "),
        ("title", "x" * 201),
        ("game", "doom"),
        ("year", "1066"),
        ("year", "soon"),
        ("source_url", "javascript:alert(1)"),
        ("source_url", "ftp://example.org/a"),
        ("source_url", "data:text/html,x"),
        ("source_url", "example"),
        ("notes", "x" * 20_001),
        ("tags", ",".join(map(str, range(31)))),
    ],
)
def test_what_can_not_be_is_said_at_its_field(person_client: Client, video: Video, field: str, value: str) -> None:
    before = video.title

    response = person_client.post(address(video), SAID | {field: value})

    assert response.status_code == 400
    assert response.context["form"].errors.keys() == {field}
    page = Page(response)
    assert page.text("title").startswith(f"About {before}")
    assert page.has(f"#id_{field}_error")
    video.refresh_from_db()
    assert (video.title, video.map) == (before, "")


def test_where_it_came_from_is_shown_and_stays(person_client: Client, video: Video) -> None:
    page = Page(person_client.get(address(video)))
    person_client.post(address(video), SAID | {"original_name": "x.exe", "sha256": "0", "owner": "1", "size": "1"})

    for words in (video.original_name, video.sha256, "by miranda"):
        assert words in page.text("dl.facts")
    same = ("original_name", "sha256", "owner_id", "size", "created_at")
    assert Video.objects.values(*same).get() == {name: getattr(video, name) for name in same}


def test_maps_that_were_typed_before_are_offered_and_only_ones_own(
    person_client: Client, person: User, stranger: User, video: Video
) -> None:
    factories.make_video(person, map="Lockout", mode="Slayer")
    factories.make_video(stranger, map="Secret place")

    page = Page(person_client.get(address(video)))

    assert page.has('datalist option[value="Lockout"]')
    assert "Secret place" not in page.source


def test_what_was_said_is_text_and_no_markup(person_client: Client, video: Video) -> None:
    tricks = "<img src=x onerror=alert(1)>"
    person_client.post(address(video), SAID | dict.fromkeys(("map", "notes", "players", "uploader", "tags"), tricks))

    for url in (f"/videos/{video.pk}/", address(video), "/", "/?select=1"):
        assert not Page(person_client.get(url)).has("img[onerror]")


def test_the_page_of_a_video_that_is_not_measured_has_it_too(person_client: Client, person: User) -> None:
    video = factories.make_video(person, state="refused", facts_json=None, map="Lockout")
    tags_set(video=video, names=["LAN"])
    Collection.objects.create(owner=person, name="Broken").videos.add(video)

    page = Page(person_client.get(f"/videos/{video.pk}/"))

    about = page.one('[aria-label="About this video"]')
    for words in ("Lockout", "LAN", "Broken"):
        assert words in about.text()
    assert page.has(f'a[href="{address(video)}"]')


def test_strangers_and_visitors_say_nothing(stranger_client: Client, client: Client, video: Video) -> None:
    assert stranger_client.get(address(video)).status_code == 404
    assert stranger_client.post(address(video), SAID).status_code == 404
    assert client.post(address(video), SAID)["Location"].startswith("/log-in/")
    video.refresh_from_db()
    assert video.map == ""
