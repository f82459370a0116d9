"""Share links to comparisons."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

TOKEN_BYTES = 24
TITLE = "Before and after"
"""The title of a page whose link has none."""
DEFAULT_LIFETIME = timedelta(days=30)


def new_token() -> str:
    """Return 192 random bits of the operating system as text."""
    return secrets.token_urlsafe(TOKEN_BYTES)


class Share(models.Model):
    """A link by which anyone with its token sees a job's comparison, until it is revoked or expires."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.ForeignKey("upscaler.Job", on_delete=models.CASCADE, related_name="shares")
    token = models.CharField(max_length=64, unique=True, default=new_token)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="shares")
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    title = models.CharField(max_length=120, blank=True)
    note = models.TextField(max_length=1000, blank=True)
    """Shown under the title."""
    expires_at = models.DateTimeField(null=True, blank=True)
    """None for never."""
    password = models.CharField(max_length=128, blank=True)
    """Hashed; empty for none."""
    allows_download = models.BooleanField(default=True)
    shows_progress = models.BooleanField(default=False)
    """Does it open before the job is done?"""
    in_gallery = models.BooleanField(default=False)
    views = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["in_gallery", "-created_at"], name="share_in_gallery")]

    def __str__(self) -> str:
        return f"Share of {self.job_id}"

    @property
    def shown_title(self) -> str:
        return self.title or TITLE

    @property
    def is_over(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()
