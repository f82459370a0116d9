"""Passwords of accounts can't be guessed by trying many."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import PASSWORD
from tests.page import Page
from upscaler.accounts.throttle import LOG_INS, LOG_INS_WITHIN, MAX_LOG_INS, MAX_TRIES, hashing
from upscaler.models import LoginAttempt, User
from upscaler.models.login_attempt import REMEMBERED

pytestmark = pytest.mark.django_db

TOO_OFTEN = "Too many wrong passwords for this account. Try again in 15 minutes."

TOO_MANY = "Too many attempts. Try again in 1 minute."


def log_in(client: Client, name: str, password: str = "guess", **more: Any) -> tuple[int, str]:
    """The status, and what the page says was wrong."""
    response = client.post("/log-in/", {"username": name, "password": password}, **more)
    return response.status_code, response.context["form"].non_field_errors()[0] if response.context else ""


def log_in_times(client: Client, name: str, times: int = MAX_TRIES, **more: Any) -> set[tuple[int, str]]:
    return {log_in(client, name, **more) for _ in range(times)}


def test_after_so_many_wrong_ones_not_even_the_right_one_is_looked_at(
    client: Client, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    ((status, said),) = log_in_times(client, "miranda")
    assert (status, "enter a correct username" in said) == (200, True)

    with monkeypatch.context() as patched:
        patched.setattr("django.contrib.auth.forms.authenticate", lambda *_, **__: pytest.fail("it was looked at"))
        assert log_in(client, "miranda", PASSWORD) == (429, TOO_OFTEN)

    assert client.get("/").status_code == 302
    assert log_in(client, "miranda", PASSWORD, REMOTE_ADDR="192.0.2.7") == (302, "")


def test_a_name_that_nobody_has_is_counted_as_if_somebody_had_it(client: Client, person: User) -> None:
    assert log_in_times(client, "nobody") == log_in_times(client, "miranda")
    assert log_in(client, "nobody") == log_in(client, "miranda") == (429, TOO_OFTEN)


def test_other_names_are_counted_by_themselves(client: Client, person: User, stranger: User) -> None:
    log_in_times(client, "stacker")

    assert log_in(client, "miranda", PASSWORD)[0] == 302


def test_a_name_is_the_same_however_it_is_typed_where_it_is_the_same_account(client: Client, person: User) -> None:
    log_in_times(client, " miranda ", 5)
    log_in_times(client, "ｍｉｒａｎｄａ", 5)  # noqa: RUF001  the log-in takes full-width letters for the usual ones

    assert log_in(client, "miranda", PASSWORD)[0] == 429
    assert log_in(client, "Miranda")[0] == 200, "this would be another account"


def test_the_right_one_forgets_the_slips_of_its_own_address_only(client: Client, person: User) -> None:
    log_in_times(client, "miranda", MAX_TRIES - 1)
    log_in_times(Client(), "miranda", REMOTE_ADDR="192.0.2.7")

    assert log_in(client, "miranda", PASSWORD)[0] == 302

    assert LoginAttempt.objects.exclude(scope=LOG_INS).get().address == "192.0.2.7"
    assert log_in(Client(), "miranda", PASSWORD, REMOTE_ADDR="192.0.2.7")[0] == 429


def test_after_a_while_they_are_forgotten(client: Client, person: User) -> None:
    log_in_times(client, "miranda", MAX_TRIES + 1)
    LoginAttempt.objects.update(since=timezone.now() - REMEMBERED - timedelta(seconds=1))

    assert log_in(client, "miranda", PASSWORD)[0] == 302


def test_an_address_tries_so_many_names_a_minute(client: Client, person: User) -> None:
    names = [f"nobody-{number}" for number in range(MAX_LOG_INS + 20)]

    statuses = [log_in(client, name) for name in names]

    assert {status for status, _ in statuses[:MAX_LOG_INS]} == {200}
    assert set(statuses[MAX_LOG_INS:]) == {(429, TOO_MANY)}
    assert LoginAttempt.objects.count() == MAX_LOG_INS + 1, "a name that was not looked at leaves no row"
    assert log_in(client, "miranda", PASSWORD) == (429, TOO_MANY)
    assert log_in(Client(), "miranda", PASSWORD, REMOTE_ADDR="192.0.2.7") == (302, "")
    LoginAttempt.objects.filter(scope=LOG_INS).update(since=timezone.now() - LOG_INS_WITHIN - timedelta(seconds=1))
    assert log_in(client, "miranda", PASSWORD) == (302, "")


def test_the_right_password_is_a_try_of_its_address_too(client: Client, person: User) -> None:
    for _ in range(MAX_LOG_INS):
        assert log_in(Client(), "miranda", PASSWORD) == (302, "")

    assert log_in(Client(), "miranda", PASSWORD) == (429, TOO_MANY)


def test_one_password_is_looked_at_at_a_time(client: Client, person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    held = []
    monkeypatch.setattr("django.contrib.auth.forms.authenticate", lambda *_, **__: held.append(hashing.locked()))

    log_in(client, "miranda")

    assert held == [True]
    assert not hashing.locked()


def test_no_password_is_no_try_and_no_name_is_kept(client: Client, person: User) -> None:
    client.post("/log-in/", {"username": "miranda", "password": ""})
    assert not LoginAttempt.objects.exists()

    log_in(client, "my password, in the wrong field " + 1000 * "x")

    assert "password" not in LoginAttempt.objects.exclude(scope=LOG_INS).get().scope


def test_the_admin_looks_at_no_password_of_its_own(client: Client, owner: User) -> None:
    asked = client.post("/admin/login/?next=/admin/upscaler/user/", {"username": "avery", "password": PASSWORD})
    assert (asked.status_code, asked["Location"]) == (302, "/log-in/?next=/admin/upscaler/user/")
    assert client.get("/admin/login/")["Location"] == "/log-in/?next=/admin/"

    response = client.post(asked["Location"], {"username": "avery", "password": PASSWORD, "next": "/admin/"})

    assert response["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/login/")["Location"] == "/admin/"


def test_a_person_who_may_not_use_the_admin_is_told_so(person_client: Client) -> None:
    response = person_client.get("/admin/", follow=True)

    assert response.status_code == 403
    assert Page(response).text("h1") == "Not allowed"
