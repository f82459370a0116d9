"""Passwords of links and of accounts: tried a few times at each door from each address, then not for a while.

An address also tries only so many passwords a minute, so that it gains nothing by many names, and made-up ones do not
fill the table.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address

from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from upscaler.models import Knock, Share
from upscaler.models.knock import KNOCKS_WITHIN

MOST_TRIES = 10
MOST_LOG_INS = 30
LOG_INS_WITHIN = timedelta(minutes=1)
LOG_INS = "log in"
"""The door of all accounts together."""
SITE_BITS = 64
"""Of an IPv6 address: whoever has one mostly has all of its network."""

hashing = threading.Lock()
"""Held while a password is looked at: each takes a processor for a quarter of a second, and many at once delay all."""


def door_of_share(share: Share) -> str:
    return f"share {share.pk}"


def door_of_account(name: str) -> str:
    """Whether or not there is such an account. It does not tell the name: people type passwords there, too."""
    return f"account {salted_hmac('upscaler.knocks', name, algorithm='sha256').hexdigest()}"


def address_of(request: HttpRequest) -> str:
    """Whoever asks; what a proxy says of them is taken from those that the settings name."""
    return request.META.get("REMOTE_ADDR") or ""


def knock(*, door: str, address: str) -> bool:
    """Count one try, before its password is looked at, so that none goes beside the count.

    False, and nothing may be looked at, after so many of them.
    """
    return _count(door, address, MOST_TRIES, KNOCKS_WITHIN)


def log_in_count(address: str) -> bool:
    """Count one try to log in, to whichever account. False after so many of them in a minute."""
    return _count(LOG_INS, address, MOST_LOG_INS, LOG_INS_WITHIN)


def _count(door: str, address: str, most: int, within: timedelta) -> bool:
    now = timezone.now()
    knocks = Knock.objects.filter(door=door, address=_site(address))
    knocks.filter(since__lt=now - within).delete()
    Knock.objects.get_or_create(door=door, address=_site(address), defaults={"since": now})
    return bool(knocks.filter(tries__lt=most).update(tries=F("tries") + 1))


def knocks_forget(*, door: str, address: str) -> None:
    """The right password was found: those before it were slips."""
    Knock.objects.filter(door=door, address=_site(address)).delete()


def _site(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(IPv6Network((parsed, SITE_BITS), strict=False))
    return str(parsed)
