"""The first visit: the owner's account is made once, by the person who can read the server's output."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from haloweb.secret import kept_secret
from tests import factories
from tests.page import Page
from upscaler.models import User

pytestmark = pytest.mark.django_db

PASSWORD = "pillar-of-autumn"


def answers(token: str, **values: str) -> dict[str, str]:
    return {"token": token, "username": "keyes", "password1": PASSWORD, "password2": PASSWORD} | values


@pytest.fixture
def token() -> str:
    return kept_secret(Path(settings.SETUP_TOKEN_FILE))


def test_every_way_leads_to_the_setup_while_nobody_is_there(client: Client) -> None:
    response = client.get("/", follow=True)

    assert [url for url, _ in response.redirect_chain] == ["/log-in/?next=/", "/setup/"]
    assert response.status_code == 200
    assert "Create the owner account" in Page(response).text("main .lead")


def test_the_right_token_makes_the_owner_and_logs_them_in(client: Client, token: str) -> None:
    response = client.post("/setup/", answers(f"  {token}\n"), follow=True)

    assert response.redirect_chain == [("/", 302)]
    user = User.objects.get()
    assert (user.username, user.is_superuser, user.is_staff) == ("keyes", True, True)
    assert user.check_password(PASSWORD)
    assert response.wsgi_request.user == user
    assert not Path(settings.SETUP_TOKEN_FILE).exists()


@pytest.mark.parametrize("wrong", ["", "x", "ä" * 64])
def test_a_wrong_token_makes_nobody(client: Client, token: str, wrong: str) -> None:
    response = client.post("/setup/", answers(wrong))

    assert response.status_code == 200
    assert User.objects.count() == 0
    assert kept_secret(Path(settings.SETUP_TOKEN_FILE)) == token
    assert token not in Page(response).source
    (error,) = Page(response).errors
    assert ("Wrong set-up token" in error) is bool(wrong)


@pytest.mark.parametrize("values", [{"password2": "another"}, {"password1": "12345678", "password2": "12345678"}])
def test_a_bad_password_makes_nobody(client: Client, token: str, values: dict[str, str]) -> None:
    assert client.post("/setup/", answers(token, **values)).status_code == 200
    assert User.objects.count() == 0


def test_the_page_is_closed_for_good_afterwards(client: Client, token: str) -> None:
    factories.make_user()

    assert client.get("/setup/").status_code == 404
    assert client.post("/setup/", answers(token)).status_code == 404
    assert User.objects.count() == 1


def test_two_at_once_make_one_owner(client: Client, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else was quicker, between the look and the making."""
    from upscaler.forms.accounts import SetupForm

    is_valid = SetupForm.is_valid

    def slow(form: SetupForm) -> bool:
        good = is_valid(form)
        factories.make_user("quicker")
        return good

    monkeypatch.setattr(SetupForm, "is_valid", slow)

    assert client.post("/setup/", answers(token)).status_code == 404
    assert list(User.objects.values_list("username", flat=True)) == ["quicker"]
