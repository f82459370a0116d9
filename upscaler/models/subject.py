"""What videos and jobs have in common: events are told about them."""

from __future__ import annotations

import uuid

from django.db import models


class Subject(models.Model):
    """Something that a page watches live. ``event_seq`` is the number of its last event."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event_seq = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    """While a CPU worker measures or assembles: until when it is believed to be alive."""
    leased_by = models.CharField(max_length=120, blank=True)
    """Name of the worker that holds the lease."""
    starts = models.PositiveSmallIntegerField(default=0)
    """How often that was begun without coming to an end: more than once, and workers have died of it."""
    extras_error = models.TextField(blank=True)
    """Why its pictures, or its copy for browsers, can't be made; empty while they may be tried."""

    class Meta:
        abstract = True
