"""Passwords of links: tried a few times from each address, then not for a while."""

from __future__ import annotations

from enum import Enum
from ipaddress import IPv6Address, IPv6Network, ip_address

from django.contrib.auth.hashers import check_password
from django.db.models import F
from django.utils import timezone

from upscaler.models import Knock, Share
from upscaler.models.share import KNOCKS_WITHIN

MOST_TRIES = 10
SITE_BITS = 64
"""Of an IPv6 address: whoever has one mostly has all of its network."""


class Tried(Enum):
    """What came of a password."""

    RIGHT = "right"
    WRONG = "wrong"
    TOO_OFTEN = "too often"
    """It was not even looked at."""


def password_try(*, share: Share, password: str, address: str) -> Tried:
    """Is it the share's password? Each try is counted before it is looked at, so that none goes beside the count."""
    now = timezone.now()
    knocks = Knock.objects.filter(share=share, address=_site(address))
    knocks.filter(since__lt=now - KNOCKS_WITHIN).delete()
    Knock.objects.get_or_create(share=share, address=_site(address), defaults={"since": now})
    if not knocks.filter(tries__lt=MOST_TRIES).update(tries=F("tries") + 1):
        return Tried.TOO_OFTEN
    if not check_password(password, share.password):
        return Tried.WRONG
    knocks.delete()
    return Tried.RIGHT


def _site(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(IPv6Network((parsed, SITE_BITS), strict=False))
    return str(parsed)
