"""A video by its address: where the owner of the server has allowed it."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.page import Page
from upscaler.jobs.steps import url_import
from upscaler.models import SiteSettings, User, Video, VideoState

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("enqueued")]

FORM = {"address": "https://site.example/clip.wmv", "kind": "halo-ce", "starts_job": "1"}


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    SiteSettings(pk=1, allows_url_import=True).save()
    monkeypatch.setattr(url_import, "is_installed", lambda: True)


@pytest.mark.usefixtures("allowed")
def test_it_becomes_a_video_that_is_fetched(person_client: Client, person: User) -> None:
    response = person_client.post("/upload/address/", FORM)

    video = Video.objects.get()
    assert response["Location"] == f"/videos/{video.pk}/"
    assert (video.owner, video.state, video.imported_from) == (person, VideoState.FETCHING, FORM["address"])
    assert (video.kind, video.starts_job) == ("halo-ce", True)
    page = Page(person_client.get(f"/videos/{video.pk}/"))
    assert "HaloWeb is downloading this video from" in page.text("#outcome")
    assert page.text('#outcome a[rel="noreferrer noopener"]') == "https://site.example/clip.wmv"


@pytest.mark.usefixtures("allowed")
def test_what_is_not_said_is_not_ticked(person_client: Client) -> None:
    person_client.post("/upload/address/", {"address": FORM["address"]})

    video = Video.objects.get()
    assert (video.kind, video.starts_job) == ("other", False)


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize("address", ["", "file:///etc/passwd", "clip.wmv", "https://me:secret@site.example/"])
def test_what_is_no_address_is_said_at_its_field(person_client: Client, address: str) -> None:
    response = person_client.post("/upload/address/", FORM | {"address": address})

    assert (response.status_code, Video.objects.count()) == (400, 0)
    assert response.context["address"].errors
    assert Page(response).text('#fetch [role="alert"]') == response.context["address"].errors[0]


@pytest.mark.usefixtures("allowed")
def test_a_kind_that_there_is_not_is_refused(person_client: Client) -> None:
    assert person_client.post("/upload/address/", FORM | {"kind": "halo-9"}).status_code == 400
    assert not Video.objects.exists()


@pytest.mark.usefixtures("allowed")
def test_the_address_of_the_form_leads_back_to_its_page(person_client: Client) -> None:
    assert person_client.get("/upload/address/")["Location"] == "/upload/"


def test_while_it_is_off_it_is_not_there(person_client: Client) -> None:
    assert not Page(person_client.get("/upload/")).has("[name=address]")
    assert person_client.post("/upload/address/", FORM).status_code == 404
    assert not Video.objects.exists()


def test_without_yt_dlp_the_page_says_how_to_get_it(person_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    SiteSettings(pk=1, allows_url_import=True).save()
    monkeypatch.setattr(url_import, "is_installed", lambda: False)

    assert "requirements-import.txt" in Page(person_client.get("/upload/")).text("#fetch .help")
    assert person_client.post("/upload/address/", FORM).status_code == 400


@pytest.mark.usefixtures("allowed")
def test_a_form_of_another_site_and_a_visitor_fetch_nothing(client: Client, person: User) -> None:
    assert client.post("/upload/address/", FORM)["Location"].startswith("/log-in/")
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(person)
    assert careful.post("/upload/address/", FORM).status_code == 403
    assert not Video.objects.exists()


@pytest.mark.usefixtures("allowed")
def test_a_stranger_does_not_see_what_is_fetched(person_client: Client, stranger_client: Client) -> None:
    location = person_client.post("/upload/address/", FORM)["Location"]

    assert stranger_client.get(location).status_code == 404


def test_only_the_owner_of_the_server_turns_it_on(owner_client: Client, person_client: Client, client: Client) -> None:
    assert person_client.post("/preferences/server/", {"allows_url_import": "on"}).status_code == 404
    assert client.post("/preferences/server/", {"allows_url_import": "on"})["Location"].startswith("/log-in/")
    assert not SiteSettings.read().allows_url_import
    assert not Page(person_client.get("/preferences/")).has("[name=allows_url_import]")

    assert Page(owner_client.get("/preferences/")).has("[name=allows_url_import]")
    owner_client.post("/preferences/server/", {"allows_url_import": "on"})
    assert SiteSettings.read().allows_url_import
    owner_client.post("/preferences/server/", {})
    assert not SiteSettings.read().allows_url_import
    assert owner_client.get("/preferences/server/").status_code == 405
