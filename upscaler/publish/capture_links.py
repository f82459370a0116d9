"""Creates and revokes capture links."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from upscaler.models import CaptureLink, Dataset, User


class Terms(TypedDict):
    """The terms of a capture link."""

    licence: str
    note: str
    max_captures: int
    max_bytes: int
    expires_at: datetime | None
    password: str
    """The plain text; empty for no password."""


def capture_link_create(*, dataset: Dataset, user: User, terms: Terms) -> CaptureLink:
    password = make_password(terms["password"]) if terms["password"] else ""
    return CaptureLink.objects.create(dataset=dataset, created_by=user, **{**terms, "password": password})


def capture_link_revoke(*, link: CaptureLink) -> None:
    """Revoke a link, which accepts nothing from now on. What it received stays."""
    CaptureLink.objects.filter(pk=link.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())
