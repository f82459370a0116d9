"""The page that takes files."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.page import Page
from upscaler.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("starts", [True, False])
def test_the_box_begins_as_the_person_prefers(person_client: Client, person: User, starts: bool) -> None:
    person.auto_upscale = starts
    person.save()

    page = Page(person_client.get("/upload/"))

    assert page.one("#starts-job")["value"] == "1"
    assert page.has("[name=starts_job][checked]") is starts


def test_the_page_knows_where_to_send_and_how_much(person_client: Client) -> None:
    page = Page(person_client.get("/upload/"))

    assert page.one("#tray")["data-endpoint"] == "/uploads/"
    assert page.text("#dropzone").endswith("up to 64 GB")
    terms = person_client.get("/upload/terms.json").json()
    assert (terms["chunk"], terms["most"]) == (8 * 1024**2, 64 * 1024**3)
    assert {"txt", "jpg"} <= set(terms["others"])
    assert "wmv" not in terms["others"]


def test_the_queue_is_told_what_this_person_prefers(person_client: Client, person: User) -> None:
    person.auto_upscale, person.default_kind = False, "halo-3"
    person.save()

    terms = person_client.get("/upload/terms.json").json()

    assert (terms["user"], terms["kind"], terms["auto_upscale"]) == (person.pk, "halo-3", False)
    assert Page(person_client.get("/upload/")).one("[name=kind][checked]")["value"] == "halo-3"


@pytest.mark.parametrize("page", ["/", "/upload/", "/queue/", "/models/", "/preferences/"])
def test_every_page_takes_files_for_who_is_logged_in(person_client: Client, person: User, page: str) -> None:
    assert Page(person_client.get(page)).one("#tray")["data-user"] == str(person.pk)


def test_a_page_for_visitors_takes_none(client: Client, person: User) -> None:
    assert not Page(client.get("/log-in/")).has("#tray")


def test_a_visitor_is_sent_to_log_in(client: Client, person: User) -> None:
    for page in ("/upload/", "/upload/terms.json", "/upload/address/"):
        assert client.get(page)["Location"] == f"/log-in/?next={page}"
