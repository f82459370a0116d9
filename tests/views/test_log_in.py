"""Logging in and out."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import PASSWORD
from upscaler.models import User

pytestmark = pytest.mark.django_db


def test_a_person_logs_in_and_comes_where_they_wanted_to(client: Client, person: User) -> None:
    response = client.post("/log-in/", {"username": "miranda", "password": PASSWORD, "next": "/models/"})

    assert (response.status_code, response["Location"]) == (302, "/models/")
    assert client.get("/").status_code == 200


def test_a_wrong_password_is_said_and_not_what_was_wrong(client: Client, person: User) -> None:
    wrong_password = client.post("/log-in/", {"username": "miranda", "password": "x"})
    wrong_name = client.post("/log-in/", {"username": "nobody", "password": "x"})

    assert wrong_password.status_code == wrong_name.status_code == 200
    errors = [response.context["form"].non_field_errors() for response in (wrong_password, wrong_name)]
    assert errors[0] == errors[1]
    assert len(errors[0]) == 1


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_site(client: Client, person: User, target: str) -> None:
    response = client.post("/log-in/", {"username": "miranda", "password": PASSWORD, "next": target})

    assert response["Location"] == "/"


def test_logging_out_wants_a_click(person_client: Client) -> None:
    assert person_client.get("/log-out/").status_code == 405
    assert person_client.get("/").status_code == 200

    assert person_client.post("/log-out/")["Location"] == "/log-in/"
    assert person_client.get("/").status_code == 302


def test_each_log_in_and_log_out_changes_the_token_by_which_pages_see_it(client: Client, person: User) -> None:
    tokens = []
    for log_out in ("/log-out/", "/admin/logout/"):
        for path, said in (("/log-in/", {"username": "miranda", "password": PASSWORD}), (log_out, {})):
            assert client.post(path, said).status_code == 302
            tokens.append(client.cookies["csrftoken"].value)

    assert len(set(tokens)) == 4


def test_who_is_logged_in_needs_no_form(person_client: Client) -> None:
    assert person_client.get("/log-in/")["Location"] == "/"
