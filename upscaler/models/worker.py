"""Workers: the processes of all machines that share this database."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone

SILENT_AFTER = timedelta(seconds=30)
"""Three missed heartbeats, after which a worker counts as dead."""


class Worker(models.Model):
    """One process that works on jobs. It sends a heartbeat every 10 seconds, and deletes its row when it ends."""

    name = models.CharField(max_length=120, primary_key=True)
    """Unique across machines and restarts."""
    machine = models.CharField(max_length=64)
    """Identifies the machine until it is restarted."""
    host = models.CharField(max_length=255)
    """The machine's host name."""
    pid = models.PositiveIntegerField()
    queue = models.CharField(max_length=8)
    version = models.CharField(max_length=40)
    device = models.CharField(max_length=200, blank=True)
    network = models.CharField(max_length=200, blank=True)
    """The loaded model, such as "realesr-animevideov3, winograd fp32"."""
    activity = models.CharField(max_length=100, blank=True, default="")
    """Work for which no row is leased, as the page of workers shows it."""
    refuses = models.TextField(blank=True)
    """Why it doesn't accept work; empty while it does."""
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
    """The one row that identifies the server: workers of another version don't accept work."""

    version = models.CharField(max_length=40)
    key_check = models.CharField(max_length=64)
    """A digest by which a worker checks that it has the server's secret key."""
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.version
