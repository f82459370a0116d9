"""Links to comparisons."""

from __future__ import annotations

import secrets
import uuid

from django.conf import settings
from django.db import models

TOKEN_BYTES = 24


def new_token() -> str:
    """192 bits from the system's source of randomness."""
    return secrets.token_urlsafe(TOKEN_BYTES)


class Share(models.Model):
    """Whoever has the token sees the job's comparison, until it is revoked."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.ForeignKey("upscaler.Job", on_delete=models.CASCADE, related_name="shares")
    token = models.CharField(max_length=64, unique=True, default=new_token)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="shares")
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Share of {self.job_id}"
