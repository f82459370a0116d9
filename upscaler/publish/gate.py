"""The one gate before everything behind a link: its page, files, frames in other pages, states.

Asked at every request, so that a link that is revoked gives nothing from then on. One that is revoked, over, or never
was is gone, and nobody can tell which.
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

from upscaler.models import JobState, Share

COOKIE = "unlocked"
OPEN_FOR = timedelta(hours=12)
"""Then the password is asked for again."""

_SALT = "upscaler.share.unlocked"
_TOKEN = re.compile(r"[\w-]{1,64}", re.ASCII)


@dataclass(frozen=True)
class Open:
    """Whoever asks may see it."""

    share: Share


@dataclass(frozen=True)
class Locked:
    """It wants its password first, and gives nothing before."""

    share: Share


@dataclass(frozen=True)
class Gone:
    """There is no such link."""


Answer = Open | Locked | Gone


def ask(token: str, cookies: Mapping[str, str]) -> Answer:
    """May whoever sends these cookies see what is behind the token?"""
    if not _TOKEN.fullmatch(token):
        return Gone()
    share = standing().select_related("job__video", "job__model").filter(token=token).first()
    if share is None:
        return Gone()
    if share.password and not _is_unlocked(share, cookies.get(COOKIE, "")):
        return Locked(share)
    return Open(share)


def standing() -> QuerySet[Share]:
    """Links that hold now, and whose job has something to show."""
    is_shown = Q(job__state=JobState.DONE) | Q(shows_progress=True)
    is_on = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())
    return Share.objects.filter(is_shown, is_on, revoked_at__isnull=True, job__video__trashed_at__isnull=True)


def in_public() -> QuerySet[Share]:
    """Those that everybody may be told of: done, and without a password."""
    return standing().filter(job__state=JobState.DONE, password="")


def key_for(share: Share) -> str:
    """The cookie of somebody who knew the password. It opens this link only, until its password changes."""
    return signing.dumps({"share": str(share.pk), "lock": _lock(share)}, salt=_SALT)


def _is_unlocked(share: Share, cookie: str) -> bool:
    try:
        key = signing.loads(cookie, salt=_SALT, max_age=OPEN_FOR)
    except signing.BadSignature:
        return False
    return key["share"] == str(share.pk) and constant_time_compare(key["lock"], _lock(share))


def _lock(share: Share) -> str:
    """Names the password that is set now, and tells nothing of it."""
    return salted_hmac(_SALT, share.password, algorithm="sha256").hexdigest()
