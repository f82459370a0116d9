"""A person changes their own password: everybody can, and nobody another's."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.conftest import browser_of
from tests.factories import PASSWORD
from tests.page import Page
from upscaler.accounts.throttle import MAX_TRIES
from upscaler.models import User

pytestmark = pytest.mark.django_db

ADDRESS = "/preferences/password/"
NEW = "the great journey waits"


def change(client: Client, *, old: str = PASSWORD, new: str = NEW, again: str | None = None) -> dict[str, list[str]]:
    """What the page complains of; nothing where the password is changed."""
    given = {"old_password": old, "new_password1": new, "new_password2": new if again is None else again}
    response = client.post(ADDRESS, given)
    return dict(response.context["form"].errors) if response.context else {}


@pytest.mark.parametrize("who", ["person", "owner"])
def test_anyone_with_an_account_changes_its_password_and_stays_logged_in(
    who: str, request: pytest.FixtureRequest
) -> None:
    user: User = request.getfixturevalue(who)
    here, elsewhere = browser_of(user), browser_of(user)
    assert Page(here.get("/preferences/")).has(f'main a[href="{ADDRESS}"]')

    assert change(here) == {}

    user.refresh_from_db()
    assert user.check_password(NEW)
    page = Page(here.get("/preferences/"))
    assert page.message == "Password changed. You're logged out everywhere else."
    assert elsewhere.get("/preferences/").status_code == 302


def test_nobody_changes_anothers(person_client: Client, person: User, stranger: User, client: Client) -> None:
    assert client.get(ADDRESS)["Location"] == f"/log-in/?next={ADDRESS}"
    person_client.post(
        ADDRESS, {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW, "username": "stacker"}
    )

    stranger.refresh_from_db()
    assert stranger.check_password(PASSWORD)
    person.refresh_from_db()
    assert person.check_password(NEW)


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_changed(person_client: Client, person: User) -> None:
    assert change(person_client, old="a guess") == {"old_password": ["Wrong current password."]}
    assert change(person_client, new="12345678").keys() == {"new_password2"}
    assert change(person_client, again="another").keys() == {"new_password2"}

    person.refresh_from_db()
    assert person.check_password(PASSWORD)


def test_the_current_password_can_not_be_guessed_by_trying_many(person_client: Client, person: User) -> None:
    for _ in range(MAX_TRIES):
        assert "Too many" not in change(person_client, old="a guess")["old_password"][0]

    assert "Too many wrong passwords" in change(person_client)["old_password"][0]
    person.refresh_from_db()
    assert person.check_password(PASSWORD)
