"""Throttle the passwords of links and accounts: a few attempts per scope and address, then a wait.

An address has a limit of log-ins per minute as well. So it gains nothing by trying many names, and made-up names
don't fill the table.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address

from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from upscaler.models import CaptureLink, LoginAttempt, Share
from upscaler.models.login_attempt import REMEMBERED

MAX_TRIES = 10
MAX_LOG_INS = 30
LOG_INS_WITHIN = timedelta(minutes=1)
LOG_INS = "log in"
"""The scope of all accounts together."""
MAX_UPLOADS = 60
UPLOADS_WITHIN = timedelta(minutes=10)
"""Uploads that one address may start through a capture link."""
SITE_BITS = 64
"""Prefix length for IPv6: who has one address usually has its whole network."""

hashing = threading.Lock()
"""Held while a password is hashed: that takes a core for a quarter of a second, and many at once would delay all."""


def scope_of_share(share: Share | CaptureLink) -> str:
    return f"share {share.pk}"


def scope_of_account(name: str) -> str:
    """Return the scope of an account, which need not exist. The name is hashed: people type passwords there, too."""
    return f"account {salted_hmac('upscaler.knocks', name, algorithm='sha256').hexdigest()}"


def address_of(request: HttpRequest) -> str:
    """Return the client's IP address. Only the proxies that the settings name are believed."""
    return request.META.get("REMOTE_ADDR") or ""


def count_attempt(*, scope: str, address: str) -> bool:
    """Count an attempt before its password is checked. False when there were too many: don't check it then."""
    return _count(scope, address, MAX_TRIES, REMEMBERED)


def count_log_in(address: str) -> bool:
    """Count a log-in to any account. False after too many within a minute."""
    return _count(LOG_INS, address, MAX_LOG_INS, LOG_INS_WITHIN)


def count_upload(*, link: CaptureLink, address: str) -> bool:
    """Count an upload through a capture link. False after too many within ten minutes."""
    return _count(f"uploads {link.pk}", address, MAX_UPLOADS, UPLOADS_WITHIN)


def _count(scope: str, address: str, most: int, within: timedelta) -> bool:
    now = timezone.now()
    attempts = LoginAttempt.objects.filter(scope=scope, address=_network(address))
    attempts.filter(since__lt=now - within).delete()
    LoginAttempt.objects.get_or_create(scope=scope, address=_network(address), defaults={"since": now})
    return bool(attempts.filter(tries__lt=most).update(tries=F("tries") + 1))


def forget_attempts(*, scope: str, address: str) -> None:
    """Forget the attempts of an address: it gave the right password."""
    LoginAttempt.objects.filter(scope=scope, address=_network(address)).delete()


def _network(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(IPv6Network((parsed, SITE_BITS), strict=False))
    return str(parsed)
