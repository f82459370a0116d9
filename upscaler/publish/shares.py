"""Making and revoking links."""

from __future__ import annotations

from django.utils import timezone

from upscaler.models import Job, JobState, Share, User


def share_create(*, job: Job, user: User) -> Share | None:
    """A new link to a finished job's comparison; None while there is nothing to show."""
    if job.state != JobState.DONE:
        return None
    return Share.objects.create(job=job, created_by=user)


def share_revoke(*, share: Share) -> None:
    """From now on, nothing behind the link is given out."""
    Share.objects.filter(pk=share.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())
