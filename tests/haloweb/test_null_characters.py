"""A NUL in a request is refused before PostgreSQL is asked about it."""

from __future__ import annotations

import httpx
import pytest
from django.test import Client

from haloweb.asgi import application
from haloweb.null_characters import SENTENCE
from tests import factories
from tests.live.conftest import Viewer

pytestmark = pytest.mark.django_db(transaction=True)


async def get(path: str, **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.get(path, headers=headers)


@pytest.mark.parametrize("path", ["/?tag=%00", "/?q=a%00b", "/s/x/media/9f6c6d3e-0000-4000-8000-000000000000?x=%00"])
async def test_it_is_refused_in_an_address(path: str) -> None:
    response = await get(path)

    assert (response.status_code, response.text) == (400, SENTENCE)


@pytest.mark.parametrize("path", ["/", "/media/9f6c6d3e-0000-4000-8000-000000000000"])
async def test_it_is_refused_in_a_cookie(path: str) -> None:
    response = await get(path, cookie=r'sessionid="\000aaaaaaaaaaaaa"')

    assert (response.status_code, response.text) == (400, SENTENCE)


async def test_a_websocket_with_one_is_not_let_in() -> None:
    assert not await Viewer("/ws/jobs/%00/", None, "http://localhost").connect()
    assert not await Viewer("/ws/jobs/\0/", None, "http://localhost").connect()
    assert not await Viewer(
        "/ws/jobs/9f6c6d3e-0000-4000-8000-000000000000/?after=%00", None, "http://localhost"
    ).connect()


def test_it_is_refused_in_a_form(owner_client: Client) -> None:
    model = factories.make_model()

    for field in ("name", "notes"):
        response = owner_client.post(f"/models/{model.pk}/rename/", {field: "a\0b"})
        assert response.status_code == 400
    model.refresh_from_db()
    assert "\0" not in model.name + model.notes
    assert owner_client.post(f"/models/{model.pk}/rename/", {"name": "a b"}).status_code == 302
