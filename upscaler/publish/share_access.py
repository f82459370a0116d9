"""The one access check of share links: for their pages, files, embedded frames and states.

It runs at every request, so that a revoked link gives out nothing from then on. Links that are revoked, expired, or
never existed are all gone, and nobody can tell which.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from upscaler.models import CaptureLink, JobState, Share

COOKIE = "unlocked"
OPEN_FOR = timedelta(hours=12)
"""How long a visitor need not enter the password again."""

_SALT = "upscaler.share.unlocked"
_TOKEN = re.compile(r"[\w-]{1,64}", re.ASCII)


@dataclass(frozen=True)
class Open:
    """The visitor may see the comparison."""

    share: Share


@dataclass(frozen=True)
class Locked:
    """The visitor has to enter the password first."""

    share: Share


@dataclass(frozen=True)
class Gone:
    """There is no such link."""


Answer = Open | Locked | Gone


def check(token: str, cookies: Mapping[str, str]) -> Answer:
    """Return whether a visitor with these cookies may see the comparison behind a token."""
    if not is_token(token):
        return Gone()
    share = active_shares().select_related("job__video", "job__model").filter(token=token).first()
    if share is None:
        return Gone()
    if not is_unlocked(share, cookies):
        return Locked(share)
    return Open(share)


def active_shares() -> QuerySet[Share]:
    """Return the links that are neither revoked nor expired, and whose job has something to show."""
    is_shown = Q(job__state=JobState.DONE) | Q(shows_progress=True)
    is_on = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())
    return Share.objects.filter(is_shown, is_on, revoked_at__isnull=True, job__video__trashed_at__isnull=True)


def public_shares() -> QuerySet[Share]:
    """Return the links that may be listed publicly: of done jobs, and without a password."""
    return active_shares().filter(job__state=JobState.DONE, password="")


def is_token(text: str) -> bool:
    """Can this be the token of a link?"""
    return bool(_TOKEN.fullmatch(text))


def key_for(share: Share | CaptureLink) -> str:
    """Return the cookie of a visitor who entered the password. It opens this link only, until its password changes."""
    return signing.dumps({"share": str(share.pk), "lock": _lock(share)}, salt=_SALT)


def is_unlocked(share: Share | CaptureLink, cookies: Mapping[str, str]) -> bool:
    """Has the link no password, or has the visitor entered it?"""
    if not share.password:
        return True
    try:
        key = signing.loads(cookies.get(COOKIE, ""), salt=_SALT, max_age=OPEN_FOR)
    except signing.BadSignature:
        return False
    return key["share"] == str(share.pk) and constant_time_compare(key["lock"], _lock(share))


def _lock(share: Share | CaptureLink) -> str:
    """Return a digest of the current password that reveals nothing about it."""
    return salted_hmac(_SALT, share.password, algorithm="sha256").hexdigest()
