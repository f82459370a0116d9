"""A queue in a browser is one person's: with somebody else's cookie, nothing of it is sent."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.intake.tus import CONTENT, TUS, begin, create, offset_of, patch
from upscaler.models import Upload, User

pytestmark = pytest.mark.django_db


def whose(user: User) -> dict[str, str]:
    return {"X-For-User": str(user.pk)}


def test_the_queue_of_who_is_logged_in_is_taken(person_client: Client, person: User) -> None:
    assert create(person_client, headers=whose(person)).status_code == 201


def test_that_of_somebody_else_is_not(person_client: Client, person: User, stranger: User) -> None:
    url = begin(person_client)

    for response in (
        create(person_client, headers=whose(stranger)),
        patch(person_client, url, CONTENT, 0, headers=whose(stranger)),
        person_client.head(url, headers=TUS | whose(stranger)),
        person_client.delete(url, headers=TUS | whose(stranger)),
    ):
        assert response.status_code == 401
        assert response["Tus-Resumable"] == "1.0.0"
    assert (Upload.objects.count(), offset_of(person_client, url)) == (1, 0)


def test_who_is_logged_out_is_told_so_and_not_sent_to_a_page(client: Client, person_client: Client) -> None:
    url = begin(person_client)

    for response in (
        create(client),
        patch(client, url, b"x", 0),
        client.head(url, headers=TUS),
        client.delete(url, headers=TUS),
    ):
        assert response.status_code == 401
    assert patch(client, url, b"x", 0).text.startswith("You're logged out.")
    assert (Upload.objects.count(), offset_of(person_client, url)) == (1, 0)
