"""The common columns of videos and jobs, whose events pages watch."""

from __future__ import annotations

import uuid

from django.db import models


class Subject(models.Model):
    """A row that pages watch live. ``event_seq`` is the number of its last event."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event_seq = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    """When the lease of the CPU worker that analyses or assembles it expires."""
    leased_by = models.CharField(max_length=120, blank=True)
    """The name of the worker that holds the lease."""
    starts = models.PositiveSmallIntegerField(default=0)
    """How often a worker started that work and didn't finish: more than once, and workers have died of it."""
    extras_error = models.TextField(blank=True)
    """Why its pictures or its copy for browsers can't be made; empty while they can be tried."""

    class Meta:
        abstract = True
