"""Counted attempts to log in or to open a link with a password."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone

REMEMBERED = timedelta(minutes=15)
"""Attempts count for this long."""


class LoginAttempt(models.Model):
    """Attempts with a password in one scope from one address; see upscaler/accounts/throttle.py."""

    scope = models.CharField(max_length=80)
    """A link, or an account."""
    address = models.CharField(max_length=64)
    tries = models.PositiveIntegerField(default=0)
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "address"], name="one_row_per_scope_and_address")]

    def __str__(self) -> str:
        return f"{self.tries} at {self.scope}"
