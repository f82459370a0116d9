"""Who works here: the processes of all machines that share this database."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone

SILENT_AFTER = timedelta(seconds=30)
"""Three heartbeats missed: it is believed to be dead."""


class Worker(models.Model):
    """One process that takes work. It says every ten seconds that it is there, and removes its row when it ends."""

    name = models.CharField(max_length=120, primary_key=True)
    """Unique among all machines and times; see jobs/identity.py."""
    machine = models.CharField(max_length=64)
    """Tells machines apart, and the same one before and after it was started anew."""
    host = models.CharField(max_length=255)
    """What its people call the machine."""
    pid = models.PositiveIntegerField()
    queue = models.CharField(max_length=8)
    version = models.CharField(max_length=40)
    device = models.CharField(max_length=200, blank=True)
    network = models.CharField(max_length=200, blank=True)
    """What it has loaded, such as "realesr-animevideov3, winograd fp32"."""
    activity = models.CharField(max_length=100, blank=True, default="")
    """What it has in hand that no row is leased for, as the page of workers shows it."""
    refuses = models.TextField(blank=True)
    """Why it takes no work; empty while it does."""
    is_stopping = models.BooleanField(default=False)
    started_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField()

    class Meta:
        ordering = ["host", "-queue", "started_at"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_silent(self) -> bool:
        return self.heartbeat_at < timezone.now() - SILENT_AFTER


class Installation(models.Model):
    """The one row that says what the server is: workers of another version take no work."""

    version = models.CharField(max_length=40)
    key_check = models.CharField(max_length=64)
    """By which a worker sees that it has the server's secret key; the key can't be had from it."""
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.version
