"""Nothing behind a link is given to whom it should not be: each address that its pages use is tried."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import timedelta

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.hashers import make_password
from django.core import signing
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests import factories
from tests.page import Page
from tests.publish.conftest import Ask, browser
from tests.publish.shown import everything
from upscaler.models import Job, JobState, Share, Video
from upscaler.publish import share_access
from upscaler.publish.shares import Terms, share_change, share_revoke

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "the cole protocol"


@pytest.fixture
def share(full_share: Share) -> Share:
    return full_share


def over(share: Share) -> None:
    share_change(share=share, terms=Terms(expires_at=timezone.now() - timedelta(seconds=1)))


def without_a_result(share: Share) -> None:
    Job.objects.filter(pk=share.job_id).update(state=JobState.FAILED)


def with_its_job_deleted(share: Share) -> None:
    share.job.delete()


def locked(share: Share) -> None:
    share_change(share=share, terms=Terms(password=SECRET))


def revoked(share: Share) -> None:
    share_revoke(share=share)


def trashed(share: Share) -> None:
    Video.objects.filter(pk=share.job.video_id).update(trashed_at=timezone.now())


ENDS = [revoked, over, without_a_result, with_its_job_deleted, trashed]


async def statuses(ask: Ask, addresses: Iterable[str], **headers: str) -> set[int]:
    return {(await ask(address, **headers)).status_code for address in addresses}


@sync_to_async
def key_of(share: Share, password: str = SECRET) -> Ask:
    """A visitor who typed the password."""
    client = Client()
    response = client.post(f"/s/{share.token}/", {"password": password})
    assert response.status_code == 302, response.content
    return browser({share_access.COOKIE: client.cookies[share_access.COOKIE].value})


async def test_everything_that_a_link_shows_is_there(as_visitor: Ask, share: Share) -> None:
    found = await everything(as_visitor, share.token, "/gallery/")

    assert {address: answer.status_code for address, answer in found.items() if answer.status_code != 200} == {}
    kinds = sorted(answer.headers["content-type"] for answer in found.values())
    assert len([kind for kind in kinds if kind == "image/jpeg"]) == 5, "two pairs of stills, and the split picture"
    films = "the clip, the original for its sound, the copy for previews, the result and its download"
    assert len([kind for kind in kinds if kind == "video/mp4"]) == 5, films
    assert len([kind for kind in kinds if kind == "image/png"]) == 8, "two pairs of stills, shown and downloaded"
    assert any(address.startswith("/oembed?") for address in found)
    assert any(address.endswith("?download=1") for address in found)


async def test_no_answer_is_kept_or_told_of(as_visitor: Ask, share: Share) -> None:
    for address, answer in (await everything(as_visitor, share.token, "/gallery/")).items():
        kept = answer.headers["cache-control"]
        assert "no-store" in kept or kept == "private, no-cache", address
        assert answer.headers["x-robots-tag"] == "noindex, nofollow", address
        assert answer.headers["referrer-policy"] == "no-referrer", address


@pytest.mark.parametrize("end", ENDS)
async def test_a_link_that_ended_gives_nothing_to_anybody(
    as_visitor: Ask, as_person: Ask, share: Share, end: Callable[[Share], None]
) -> None:
    found = await everything(as_visitor, share.token, "/gallery/")
    tags = {address: answer.headers["etag"] for address, answer in found.items() if "etag" in answer.headers}
    assert len(tags) >= 8
    assert {(await as_visitor(address, If_None_Match=tag)).status_code for address, tag in tags.items()} == {304}

    await sync_to_async(end)(share)

    for ask in (as_visitor, as_person):
        assert await statuses(ask, found) == {404}
        assert await statuses(ask, found, Range="bytes=0-1") == {404}
        assert {(await ask(address, If_None_Match=tag)).status_code for address, tag in tags.items()} == {404}
    assert {(await as_visitor(address, "HEAD")).status_code for address in found} == {404}
    assert share.token not in (await as_visitor("/gallery/")).text


@pytest.mark.parametrize("end", [revoked, over])
async def test_nobody_can_tell_what_ended_from_what_never_was(
    as_visitor: Ask, share: Share, end: Callable[[Share], None]
) -> None:
    found = await everything(as_visitor, share.token)
    await sync_to_async(end)(share)

    for address in found:
        ended = await as_visitor(address)
        never = await as_visitor(address.replace(share.token, "x" * len(share.token)))
        assert ended.content == never.content, address
        assert told(ended) == told(never), address


def told(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in ("date", "expires")}


async def test_before_the_password_nothing_is_given(as_visitor: Ask, share: Share) -> None:
    found = await everything(as_visitor, share.token, "/gallery/")
    tags = {address: answer.headers["etag"] for address, answer in found.items() if "etag" in answer.headers}
    await sync_to_async(locked)(share)

    before = Page(found.pop(f"/s/{share.token}/"))
    assert await statuses(as_visitor, found) == {404}
    assert await statuses(as_visitor, found, Range="bytes=0-1") == {404}
    assert {(await as_visitor(address, If_None_Match=tag)).status_code for address, tag in tags.items()} == {404}
    asks = await as_visitor(f"/s/{share.token}/")
    assert asks.status_code == 200
    assert (before.text("h1"), before.text("main .lead")) == ("Warthog run", "From 2003.")
    for said in ("Warthog run", "From 2003.", "/media/", "og:", "oembed"):
        assert said not in asks.text, said
    assert "no-store" in asks.headers["cache-control"]
    assert share.token not in (await as_visitor("/gallery/")).text


async def test_behind_the_password_everything_is_there_but_what_is_for_everybody(as_visitor: Ask, share: Share) -> None:
    found = await everything(as_visitor, share.token)
    await sync_to_async(locked)(share)
    for_everybody = {address for address in found if address.startswith("/oembed?")}

    as_friend = await key_of(share)

    assert await statuses(as_friend, found.keys() - for_everybody) == {200}
    assert await statuses(as_friend, for_everybody) == {404}
    page = Page(await as_friend(f"/s/{share.token}/"))
    assert page.text("h1") == "Warthog run"
    assert not page.has('meta[property^="og:"], link[type*="oembed"]')
    await sync_to_async(revoked)(share)
    assert await statuses(as_friend, found) == {404}


async def test_a_key_opens_no_other_link(as_visitor: Ask, share: Share, finished: Job) -> None:
    found = await everything(as_visitor, share.token)
    found.pop(f"/s/{share.token}/")
    other = await sync_to_async(factories.make_share)(finished)
    for one in (share, other):
        await sync_to_async(locked)(one)

    assert await statuses(await key_of(other), found) == {404}


async def test_another_password_locks_again(as_visitor: Ask, share: Share) -> None:
    found = await everything(as_visitor, share.token)
    found.pop(f"/s/{share.token}/")
    await sync_to_async(locked)(share)
    as_friend = await key_of(share)

    await sync_to_async(locked)(share)  # the same words, set anew

    assert await statuses(as_friend, found) == {404}
    await sync_to_async(share_change)(share=share, terms=Terms(password=""))
    assert await statuses(as_visitor, found) == {200}


@pytest.mark.parametrize("cookie", ["", "1", "x:y:z", "eyJzaGFyZSI6IDF9:1:x"])
async def test_a_key_that_we_did_not_cut_opens_nothing(share: Share, cookie: str) -> None:
    await sync_to_async(locked)(share)

    answer = await browser({share_access.COOKIE: cookie})(f"/s/{share.token}/embed/")

    assert answer.status_code == 404


def test_a_key_of_ours_for_something_else_opens_nothing(share: Share) -> None:
    locked(share)
    share.refresh_from_db()
    ours = share_access.key_for(share)
    claims = signing.loads(ours, salt=share_access._SALT)

    assert isinstance(share_access.check(share.token, {share_access.COOKIE: ours}), share_access.Open)
    assert isinstance(
        share_access.check(share.token, {share_access.COOKIE: signing.dumps(claims)}), share_access.Locked
    )


def test_after_twelve_hours_the_password_is_asked_for_again(share: Share, monkeypatch: pytest.MonkeyPatch) -> None:
    locked(share)
    share.refresh_from_db()
    cookies = {share_access.COOKIE: share_access.key_for(share)}
    now = time.time()

    monkeypatch.setattr(time, "time", lambda: now + 12 * 3600 - 60)
    assert isinstance(share_access.check(share.token, cookies), share_access.Open)
    monkeypatch.setattr(time, "time", lambda: now + 12 * 3600 + 60)
    assert isinstance(share_access.check(share.token, cookies), share_access.Locked)


def test_the_key_tells_nothing_of_the_password(share: Share) -> None:
    share.password = make_password(SECRET)

    assert share.password not in str(signing.loads(share_access.key_for(share), salt=share_access._SALT))


@pytest.mark.parametrize("token", ["", "%", "a/b", "\0", "é", "x" * 65, "' OR 1=1 --"])
def test_what_can_be_no_token_is_gone_without_a_question(
    token: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert share_access.check(token, {}) == share_access.Gone()
