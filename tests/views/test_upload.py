"""The page that takes files."""

from __future__ import annotations

import pytest
from django.test import Client

from upscaler.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("starts", [True, False])
def test_the_box_begins_as_the_person_prefers(person_client: Client, person: User, starts: bool) -> None:
    person.auto_upscale = starts
    person.save()

    page = person_client.get("/upload/").content.decode()

    assert ('name="starts_job" value="1" checked' in page) is starts


def test_the_page_knows_where_to_send_and_how_much(person_client: Client) -> None:
    page = person_client.get("/upload/").content.decode()

    assert 'data-endpoint="/uploads/"' in page
    assert "up to 64\N{NO-BREAK SPACE}GB<" in page
    terms = person_client.get("/upload/terms.json").json()
    assert (terms["chunk"], terms["most"]) == (8 * 1024**2, 64 * 1024**3)
    assert {"txt", "jpg"} <= set(terms["others"])
    assert "wmv" not in terms["others"]


def test_the_queue_is_told_what_this_person_prefers(person_client: Client, person: User) -> None:
    person.auto_upscale, person.default_kind = False, "halo-3"
    person.save()

    terms = person_client.get("/upload/terms.json").json()

    assert (terms["user"], terms["kind"], terms["auto_upscale"]) == (person.pk, "halo-3", False)
    assert 'value="halo-3" checked' in person_client.get("/upload/").content.decode()


@pytest.mark.parametrize("page", ["/", "/upload/", "/queue/", "/models/", "/preferences/"])
def test_every_page_takes_files_for_who_is_logged_in(person_client: Client, person: User, page: str) -> None:
    assert f'data-user="{person.pk}"' in person_client.get(page).content.decode()


def test_a_page_for_visitors_takes_none(client: Client, person: User) -> None:
    assert 'id="tray"' not in client.get("/log-in/").content.decode()


def test_a_visitor_is_sent_to_log_in(client: Client, person: User) -> None:
    for page in ("/upload/", "/upload/terms.json", "/upload/address/"):
        assert client.get(page)["Location"] == f"/log-in/?next={page}"
