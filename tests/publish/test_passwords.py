"""Passwords of links can't be guessed by trying many."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tests import factories
from upscaler.accounts.throttle import MAX_TRIES
from upscaler.jobs.recovery import tidy
from upscaler.models import Job, LoginAttempt, Share
from upscaler.models.login_attempt import REMEMBERED
from upscaler.publish.passwords import Tried, password_try
from upscaler.publish.shares import Terms, share_change

pytestmark = pytest.mark.django_db(transaction=True)

HERE, THERE = "192.0.2.1", "192.0.2.2"


@pytest.fixture
def share(finished: Job) -> Share:
    share = factories.make_share(finished)
    share_change(share=share, terms=Terms(password="sesame"))
    share.refresh_from_db()
    return share


def test_a_password_is_kept_hashed(share: Share) -> None:
    assert "sesame" not in share.password


def test_after_so_many_wrong_ones_not_even_the_right_one_is_looked_at(share: Share) -> None:
    tries = [password_try(share=share, password="open", address=HERE) for _ in range(MAX_TRIES)]
    assert tries == [Tried.WRONG] * MAX_TRIES

    assert password_try(share=share, password="sesame", address=HERE) == Tried.TOO_OFTEN
    assert password_try(share=share, password="sesame", address=THERE) == Tried.RIGHT


def test_another_link_is_counted_by_itself(share: Share, finished: Job) -> None:
    other = factories.make_share(finished)
    for _ in range(MAX_TRIES + 1):
        password_try(share=share, password="open", address=HERE)

    assert password_try(share=other, password="open", address=HERE) == Tried.WRONG


def test_after_a_while_they_are_forgotten(share: Share) -> None:
    for _ in range(MAX_TRIES + 1):
        password_try(share=share, password="open", address=HERE)
    LoginAttempt.objects.update(since=timezone.now() - REMEMBERED - timedelta(seconds=1))

    assert password_try(share=share, password="sesame", address=HERE) == Tried.RIGHT


def test_the_right_one_forgets_the_wrong_ones(share: Share) -> None:
    for _ in range(MAX_TRIES - 1):
        password_try(share=share, password="open", address=HERE)
    assert password_try(share=share, password="sesame", address=HERE) == Tried.RIGHT

    assert not LoginAttempt.objects.exists()


def test_a_whole_network_has_one_count(share: Share) -> None:
    for number in range(MAX_TRIES):
        password_try(share=share, password="open", address=f"2001:db8::{number:x}")

    assert password_try(share=share, password="sesame", address="2001:db8::ffff:1") == Tried.TOO_OFTEN
    assert password_try(share=share, password="sesame", address="2001:db8:0:1::1") == Tried.RIGHT


def test_tries_at_the_same_moment_are_all_counted(share: Share) -> None:
    def once(_: int) -> Tried:
        try:
            return password_try(share=share, password="open", address=HERE)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        tries = list(threads.map(once, range(3 * MAX_TRIES)))

    assert tries.count(Tried.WRONG) == MAX_TRIES
    assert tries.count(Tried.TOO_OFTEN) == 2 * MAX_TRIES


def test_addresses_are_not_kept_for_longer_than_they_are_needed(share: Share) -> None:
    password_try(share=share, password="open", address=HERE)
    tidy.tidy()
    assert LoginAttempt.objects.count() == 1

    LoginAttempt.objects.update(since=timezone.now() - REMEMBERED - timedelta(seconds=1))
    tidy.tidy()

    assert not LoginAttempt.objects.exists()
