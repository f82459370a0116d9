"""The one access check of capture links: for their pages and for the uploads through them.

It runs at every request, so that a revoked link accepts nothing from then on. Tokens that never existed are nothing;
a link that was revoked, has expired or is used up says so, since friends have it from its owner.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, Sum

from upscaler.models import CaptureLink, Upload
from upscaler.publish.share_access import is_token, is_unlocked

REVOKED = "This link was revoked."
EXPIRED = "This link has expired."
FULL = "This link has received all the captures that it accepts."


@dataclass(frozen=True)
class Open:
    """The visitor may send captures."""

    link: CaptureLink


@dataclass(frozen=True)
class Locked:
    """The visitor has to enter the password first."""

    link: CaptureLink


@dataclass(frozen=True)
class Closed:
    """The link accepts nothing any more; ``reason`` is a sentence."""

    reason: str


@dataclass(frozen=True)
class Unknown:
    """There is no such link."""


Answer = Open | Locked | Closed | Unknown


@dataclass(frozen=True)
class Usage:
    """What a link has received, uploads in progress included."""

    captures: int
    bytes: int


def check(token: str, cookies: Mapping[str, str]) -> Answer:
    """Return whether a visitor with these cookies may use the link with this token."""
    link = CaptureLink.objects.select_related("dataset").filter(token=token).first() if is_token(token) else None
    if link is None:
        return Unknown()
    if link.revoked_at is not None:
        return Closed(REVOKED)
    if link.is_expired:
        return Closed(EXPIRED)
    return Open(link) if is_unlocked(link, cookies) else Locked(link)


def usage(link: CaptureLink) -> Usage:
    """Return what a link has received. A capture counts for as long as its row exists."""
    captures = link.captures.aggregate(count=Count("pk"), bytes=Sum("size"))
    uploads = Upload.objects.filter(link=link, result_id__isnull=True).aggregate(count=Count("pk"), bytes=Sum("size"))
    return Usage(
        captures=captures["count"] + uploads["count"], bytes=(captures["bytes"] or 0) + (uploads["bytes"] or 0)
    )


def is_full(link: CaptureLink, used: Usage) -> bool:
    return used.captures >= link.max_captures or used.bytes >= link.max_bytes
