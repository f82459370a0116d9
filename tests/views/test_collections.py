"""Collections and saved views."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests import factories
from tests.page import Page
from upscaler.models import Collection, SavedView, User, Video
from upscaler.views import collections

pytestmark = pytest.mark.django_db


def test_a_collection_is_made_renamed_and_deleted_and_its_videos_stay(person_client: Client, video: Video) -> None:
    assert Page(person_client.get("/collections/")).text(".empty-state h2") == "No collections yet"
    person_client.post("/collections/", {"name": "Best of"})
    made = Collection.objects.get()
    made.videos.add(video)
    shelf = Page(person_client.get("/collections/"))
    assert shelf.texts(f'a[href="/?collection={made.pk}"] span > *') == ["Best of", "1 video"]

    person_client.post(f"/collections/{made.pk}/rename/", {"name": "The best"})
    made.refresh_from_db()
    assert made.name == "The best"

    person_client.post(f"/collections/{made.pk}/delete/")
    assert not Collection.objects.exists()
    assert Video.objects.filter(pk=video.pk).exists()


@pytest.mark.parametrize("name", ["", "  ", "One"])
def test_a_name_that_is_none_or_taken_is_refused(person_client: Client, person: User, name: str) -> None:
    Collection.objects.create(owner=person, name="One")
    two = Collection.objects.create(owner=person, name="Two")

    page = Page(person_client.post(f"/collections/{two.pk}/rename/", {"name": name}, follow=True))

    assert "Enter a name that isn" in page.message
    two.refresh_from_db()
    assert two.name == "Two"
    if not name.strip():
        assert "Enter a name" in Page(person_client.post("/collections/", {"name": name}, follow=True)).message


def test_people_see_their_own_collections(stranger_client: Client, client: Client, person: User) -> None:
    Collection.objects.create(owner=person, name="Secret")

    assert "Secret" not in Page(stranger_client.get("/collections/")).source
    assert client.post("/collections/", {"name": "x"})["Location"].startswith("/log-in/")
    assert Collection.objects.count() == 1


def test_more_collections_are_not_more_queries(
    person_client: Client, person: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        Collection.objects.create(owner=person, name=str(number)).videos.add(factories.make_video(person))

    with django_assert_max_num_queries(3):
        person_client.get("/collections/")


def test_a_search_is_kept_under_a_name_and_leads_back_to_it(person_client: Client, person: User, video: Video) -> None:
    response = person_client.post("/views/", {"name": " LAN\n days ", "query": "tag=lan&sort=title&page=4&evil=1"})

    assert response["Location"] == "/?tag=lan&sort=title"
    saved = SavedView.objects.get()
    assert (saved.owner, saved.name, saved.query) == (person, "LAN days", "tag=lan&sort=title")
    page = Page(person_client.get("/"))
    assert page.text('[aria-label="Saved views"] a[href="/?tag=lan&sort=title"]') == "LAN days"


def test_a_view_of_the_same_name_is_replaced(person_client: Client, video: Video) -> None:
    for query in ("q=one", "q=two"):
        person_client.post("/views/", {"name": "Mine", "query": query})

    assert list(SavedView.objects.values_list("query", flat=True)) == ["q=two"]


def test_a_view_needs_a_name_and_there_is_an_end_to_them(
    person_client: Client, video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collections, "MAX_VIEWS", 1)
    assert "Enter a name" in Page(person_client.post("/views/", {"name": " ", "query": ""}, follow=True)).message
    person_client.post("/views/", {"name": "One", "query": "q=1"})

    assert "at most 1 views" in Page(person_client.post("/views/", {"name": "Two"}, follow=True)).message
    assert SavedView.objects.count() == 1


def test_a_view_is_forgotten(person_client: Client, person: User, video: Video) -> None:
    saved = SavedView.objects.create(owner=person, name="LAN", query="tag=lan")

    response = person_client.post(f"/views/{saved.pk}/delete/", {"query": "q=x"})

    assert response["Location"] == "/?q=x"
    assert not SavedView.objects.exists()


def test_people_see_their_own_views(stranger_client: Client, client: Client, person: User, stranger: User) -> None:
    SavedView.objects.create(owner=person, name="Secret", query="q=x")
    factories.make_video(stranger)

    assert "Secret" not in Page(stranger_client.get("/")).source
    assert client.post("/views/", {"name": "x"})["Location"].startswith("/log-in/")
