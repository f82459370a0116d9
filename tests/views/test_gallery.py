"""The gallery: only where the server has one, and only of what its owners show there."""

from __future__ import annotations

from datetime import timedelta
from typing import Unpack

import pytest
from django.test import Client
from django.utils import timezone

from tests import factories
from tests.page import Page
from tests.views.conftest import queries_of
from upscaler.models import Job, JobState, Share, SiteSettings, User
from upscaler.models.artifact import ArtifactKind
from upscaler.publish.shares import Terms, share_change, share_revoke

pytestmark = pytest.mark.django_db


@pytest.fixture
def is_on(db: None) -> None:
    SiteSettings.objects.create(pk=1, shows_gallery=True)


def shown(job: Job, **terms: Unpack[Terms]) -> Share:
    share = factories.make_share(job)
    share_change(share=share, terms=terms | Terms(in_gallery=True))
    return share


def test_there_is_none_unless_the_server_has_one(
    client: Client, person_client: Client, owner_client: Client, finished: Job
) -> None:
    shown(finished)

    for visitor in (client, person_client, owner_client):
        assert visitor.get("/gallery/").status_code == 404


def test_a_link_that_is_shown_there_is_seen_by_everybody(
    client: Client, stranger_client: Client, is_on: None, finished: Job, person: User
) -> None:
    share = shown(finished, title="Warthog run")
    split = factories.make_artifact(finished, ArtifactKind.LINK_PREVIEW, width=1200, height=630)

    for visitor in (client, stranger_client):
        response = visitor.get("/gallery/")
        page = Page(response)
        link = page.one(f'main a[href="/s/{share.token}/"]')
        assert (link.one("img")["src"], link.text("h2")) == (f"/s/{share.token}/media/{split.pk}", "Warthog run")
        assert finished.video.title not in page.source and person.username not in page.source
        assert "no-store" in response["Cache-Control"]


def test_one_without_its_picture_is_there_all_the_same(client: Client, is_on: None, finished: Job) -> None:
    share = shown(finished)

    assert Page(client.get("/gallery/")).has(f'main a[href="/s/{share.token}/"]')


@pytest.mark.parametrize("how", ["not chosen", "password", "over", "revoked", "not done"])
def test_what_is_not_open_to_everybody_is_not_in_it(client: Client, is_on: None, finished: Job, how: str) -> None:
    share = shown(finished, shows_progress=True)
    if how == "not chosen":
        share_change(share=share, terms=Terms(in_gallery=False))
    elif how == "password":
        share_change(share=share, terms=Terms(password="sesame"))
    elif how == "over":
        share_change(share=share, terms=Terms(expires_at=timezone.now() - timedelta(seconds=1)))
    elif how == "revoked":
        share_revoke(share=share)
    else:
        Job.objects.filter(pk=finished.pk).update(state=JobState.RENDERING)

    page = Page(client.get("/gallery/"))

    assert share.token not in page.source
    assert page.text(".empty-state h2") == "The gallery is empty"


def test_pages_hold_two_dozen_and_more_cost_no_more_questions(client: Client, is_on: None, finished: Job) -> None:
    first = shown(finished)
    few = queries_of(client, "/gallery/")
    for _ in range(24):
        job = factories.make_job(finished.video, state=JobState.DONE)
        factories.make_artifact(job, ArtifactKind.LINK_PREVIEW)
        shown(job)

    page = client.get("/gallery/")

    assert queries_of(client, "/gallery/") == few
    assert len(page.context["cards"]) == 24
    assert first.token not in Page(page).source
    assert Page(client.get("/gallery/?page=2")).has(f'main a[href="/s/{first.token}/"]')
    assert client.get("/gallery/?page=nonsense").status_code == 200


def test_the_owner_of_the_server_switches_it(owner_client: Client, client: Client) -> None:
    preferences = Page(owner_client.get("/preferences/"))
    assert preferences.has("[name=shows_gallery]")
    assert not preferences.has('a[href="/gallery/"]'), "it would lead to nothing"

    preferences = Page(owner_client.post("/preferences/server/", {"shows_gallery": "on"}, follow=True))
    assert preferences.message == "Saved."
    assert client.get("/gallery/").status_code == 200
    assert preferences.has('a[href="/gallery/"]')
    assert Page(client.get("/log-in/")).has('a[href="/gallery/"]')

    owner_client.post("/preferences/server/", {})
    assert client.get("/gallery/").status_code == 404
    assert not Page(client.get("/log-in/")).has('a[href="/gallery/"]')
    assert SiteSettings.objects.count() == 1


def test_nobody_else_does(client: Client, person_client: Client, owner: User) -> None:
    assert not Page(person_client.get("/preferences/")).has("[name=shows_gallery]")

    assert person_client.post("/preferences/server/", {"shows_gallery": "on"}).status_code == 404
    assert client.post("/preferences/server/", {"shows_gallery": "on"})["Location"].startswith("/log-in/")
    assert person_client.get("/preferences/server/").status_code == 405
    assert client.get("/gallery/").status_code == 404
