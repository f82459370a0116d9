"""Creates, changes and revokes share links."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from django.contrib.auth.hashers import make_password
from django.db.models import F, QuerySet
from django.utils import timezone

from upscaler.models import Job, JobState, Share, User
from upscaler.models.share import DEFAULT_LIFETIME


class Terms(TypedDict, total=False):
    """The terms of a link. Missing ones stay as they are, or have their default in a new link."""

    title: str
    note: str
    expires_at: datetime | None
    password: str
    """The plain text; empty for no password."""
    allows_download: bool
    shows_progress: bool
    in_gallery: bool


def share_create(*, job: Job, user: User, terms: Terms | None = None) -> Share | None:
    """Create a link to a job's comparison; None if the job isn't done and the link doesn't show progress."""
    values = {"expires_at": timezone.now() + DEFAULT_LIFETIME} | _values(terms or {})
    if job.state != JobState.DONE and not (job.is_active and values.get("shows_progress")):
        return None
    return Share.objects.create(job=job, created_by=user, **values)


def share_change(*, share: Share, terms: Terms) -> bool:
    """Change the terms of a link; False if it was revoked in the meantime."""
    return bool(_unrevoked(share).update(**_values(terms)))


def share_revoke(*, share: Share) -> None:
    """Revoke a link, which gives out nothing from now on."""
    _unrevoked(share).update(revoked_at=timezone.now())


def share_count_view(*, share: Share) -> None:
    """Count one more visitor."""
    _unrevoked(share).update(views=F("views") + 1)


def _unrevoked(share: Share) -> QuerySet[Share]:
    return Share.objects.filter(pk=share.pk, revoked_at__isnull=True)


def _values(terms: Terms) -> dict[str, Any]:
    values: dict[str, Any] = {**terms}
    if values.get("password"):
        values["password"] = make_password(values["password"])
    return values
