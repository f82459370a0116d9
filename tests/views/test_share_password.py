"""A link with a password asks for it, and takes it a few times."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import factories
from tests.page import Page
from upscaler.accounts.throttle import MAX_TRIES
from upscaler.models import Job, LoginAttempt, Share
from upscaler.publish import share_access
from upscaler.publish.shares import Terms, share_change, share_revoke

pytestmark = pytest.mark.django_db

SECRET = "the cole protocol"


@pytest.fixture
def locked(finished: Job) -> Share:
    share = factories.make_share(finished)
    share_change(share=share, terms=Terms(title="Warthog run", password=SECRET))
    return share


def test_the_password_opens_it_for_this_browser(client: Client, locked: Share) -> None:
    asked = client.get(f"/s/{locked.token}/")
    assert Page(asked).text("h1") == "This link is password-protected"
    assert "Warthog" not in Page(asked).source
    assert asked["Referrer-Policy"] == "same-origin"

    page = Page(client.post(f"/s/{locked.token}/", {"password": SECRET}, follow=True))

    assert page.text("h1") == "Warthog run"
    cookie = client.cookies[share_access.COOKIE]
    assert cookie["path"] == f"/s/{locked.token}/"
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 12 * 3600)
    assert Page(Client().get(f"/s/{locked.token}/")).text("h1") == "This link is password-protected"
    locked.refresh_from_db()
    assert locked.views == 1, "who does not know it has seen nothing"


def test_its_owner_is_asked_as_everybody_is(person_client: Client, locked: Share) -> None:
    assert Page(person_client.get(f"/s/{locked.token}/")).text("h1") == "This link is password-protected"


def test_a_wrong_password_is_said_and_many_are_not_looked_at(client: Client, locked: Share) -> None:
    for _ in range(MAX_TRIES):
        response = client.post(f"/s/{locked.token}/", {"password": "sesame"})
        assert response.status_code == 403
        assert Page(response).errors == ["Wrong password."]
    assert share_access.COOKIE not in client.cookies

    response = client.post(f"/s/{locked.token}/", {"password": SECRET})

    assert response.status_code == 429
    assert "Too many attempts" in Page(response).text("main form")
    assert share_access.COOKIE not in client.cookies
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert elsewhere.post(f"/s/{locked.token}/", {"password": SECRET}).status_code == 302


def test_an_empty_password_is_no_try(client: Client, locked: Share) -> None:
    response = client.post(f"/s/{locked.token}/", {"password": ""})

    assert Page(response).errors == ["This field is required."]
    assert not LoginAttempt.objects.exists()


def test_a_password_is_not_taken_from_another_site(locked: Share) -> None:
    careful = Client(enforce_csrf_checks=True)

    assert careful.post(f"/s/{locked.token}/", {"password": SECRET}).status_code == 403


def test_a_link_that_is_gone_takes_no_password(client: Client, locked: Share) -> None:
    share_revoke(share=locked)

    assert client.post(f"/s/{locked.token}/", {"password": SECRET}).status_code == 404


def test_a_link_that_is_open_already_asks_for_none(client: Client, locked: Share) -> None:
    client.post(f"/s/{locked.token}/", {"password": SECRET})

    again = client.post(f"/s/{locked.token}/", {"password": "whatever"})  # from another tab

    assert again["Location"] == f"/s/{locked.token}/"
    assert not LoginAttempt.objects.exists()
