"""Making, changing and revoking links."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from django.contrib.auth.hashers import make_password
from django.db.models import F, QuerySet
from django.utils import timezone

from upscaler.models import Job, JobState, Share, User
from upscaler.models.share import LASTS


class Terms(TypedDict, total=False):
    """What an owner says of a link. What is left out stays as it is, or is as usual for a new one."""

    title: str
    note: str
    expires_at: datetime | None
    password: str
    """As it is typed; empty for none."""
    allows_download: bool
    shows_progress: bool
    in_gallery: bool


def share_create(*, job: Job, user: User, terms: Terms | None = None) -> Share | None:
    """A new link to a job's comparison; None while there is nothing to show, unless it may be watched until then."""
    values = {"expires_at": timezone.now() + LASTS} | _values(terms or {})
    if job.state != JobState.DONE and not (job.is_active and values.get("shows_progress")):
        return None
    return Share.objects.create(job=job, created_by=user, **values)


def share_change(*, share: Share, terms: Terms) -> bool:
    """Say something else of a link; False if it was revoked in the meantime."""
    return bool(_standing(share).update(**_values(terms)))


def share_revoke(*, share: Share) -> None:
    """From now on, nothing behind the link is given out."""
    _standing(share).update(revoked_at=timezone.now())


def share_count_view(*, share: Share) -> None:
    """One more visitor has seen it."""
    _standing(share).update(views=F("views") + 1)


def _standing(share: Share) -> QuerySet[Share]:
    return Share.objects.filter(pk=share.pk, revoked_at__isnull=True)


def _values(terms: Terms) -> dict[str, Any]:
    values: dict[str, Any] = {**terms}
    if values.get("password"):
        values["password"] = make_password(values["password"])
    return values
