"""The page that takes files."""

from __future__ import annotations

import pytest
from django.test import Client

from upscaler.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("starts", [True, False])
def test_the_box_begins_as_the_person_prefers(person_client: Client, person: User, starts: bool) -> None:
    person.starts_jobs = starts
    person.save()

    page = person_client.get("/upload/").content.decode()

    assert ('id="starts-job" checked' in page) is starts


def test_the_page_knows_where_to_send_and_how_much(person_client: Client) -> None:
    page = person_client.get("/upload/").content.decode()

    assert 'data-endpoint="/uploads/"' in page
    assert f'data-chunk="{8 * 1024**2}"' in page
    assert f'data-max="{64 * 1024**3}"' in page


def test_a_visitor_is_sent_to_log_in(client: Client, person: User) -> None:
    assert client.get("/upload/")["Location"] == "/log-in/?next=/upload/"
