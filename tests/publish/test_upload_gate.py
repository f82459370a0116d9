"""Bodies of uploads are read from people who are logged in, and through links that are open."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.utils import timezone

from tests import factories
from upscaler.models import CaptureLink, User
from upscaler.publish.share_access import COOKIE, key_for
from upscaler.publish.upload_gate import may_upload

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def link(person: User) -> CaptureLink:
    return factories.make_capture_link(factories.make_dataset(person))


def scope(path: str, **cookies: str) -> dict[str, Any]:
    header = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return {"path": path, "headers": [(b"cookie", header.encode())]}


def through(link: CaptureLink, **cookies: str) -> dict[str, Any]:
    return scope(f"/c/{link.token}/uploads/{uuid.uuid4()}", **cookies)


async def test_an_open_link_lets_anyone_through(link: CaptureLink) -> None:
    assert await may_upload(through(link))
    assert not await may_upload(scope(f"/uploads/{uuid.uuid4()}"))
    assert not await may_upload(scope(f"/c/{'x' * 32}/uploads/{uuid.uuid4()}"))


@pytest.mark.parametrize("over", ["revoked_at", "expires_at"])
async def test_a_link_that_is_over_lets_nobody_through(link: CaptureLink, over: str) -> None:
    await CaptureLink.objects.aupdate(**{over: timezone.now() - timedelta(seconds=1)})

    assert not await may_upload(through(link))


async def test_a_password_is_needed_where_there_is_one(link: CaptureLink) -> None:
    link.password = make_password("keyes")
    await link.asave()

    assert not await may_upload(through(link))
    assert await may_upload(through(link, **{COOKIE: key_for(link)}))


async def test_a_log_in_opens_no_link_that_is_over(link: CaptureLink, person_client: Client) -> None:
    session = {settings.SESSION_COOKIE_NAME: person_client.cookies[settings.SESSION_COOKIE_NAME].value}
    assert await may_upload(scope(f"/uploads/{uuid.uuid4()}", **session))

    await CaptureLink.objects.aupdate(revoked_at=timezone.now())

    assert not await may_upload(through(link, **session))
