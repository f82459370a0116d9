"""Passwords that were tried."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone

KNOCKS_WITHIN = timedelta(minutes=15)
"""For so long wrong passwords are remembered."""


class Knock(models.Model):
    """Passwords that were tried at one door from one address, for a while; see upscaler/knocks.py."""

    door = models.CharField(max_length=80)
    """A link, or an account."""
    address = models.CharField(max_length=64)
    tries = models.PositiveIntegerField(default=0)
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["door", "address"], name="knock_once_per_address")]

    def __str__(self) -> str:
        return f"{self.tries} at {self.door}"
