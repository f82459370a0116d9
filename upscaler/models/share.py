"""Links to comparisons, and what their owners say of them."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

TOKEN_BYTES = 24
TITLE = "Before and after"
"""Of a page whose link was given no title."""
LASTS = timedelta(days=30)
"""A new link, unless something else is chosen."""


def new_token() -> str:
    """192 bits from the system's source of randomness."""
    return secrets.token_urlsafe(TOKEN_BYTES)


class Share(models.Model):
    """Whoever has the token sees the job's comparison, until it is revoked or over; see publish/share_access.py."""

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
