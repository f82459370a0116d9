"""The columns of rows that one worker at a time works on."""

from __future__ import annotations

from django.db import models


class Leased(models.Model):
    """A row that a worker leases for as long as it works on it."""

    lease_until = models.DateTimeField(null=True, blank=True)
    """When the worker's lease expires, unless it is renewed."""
    leased_by = models.CharField(max_length=120, blank=True)
    """The name of the worker that holds the lease."""
    starts = models.PositiveSmallIntegerField(default=0)
    """How often a worker started and didn't finish: more than once, and workers have died of it."""

    class Meta:
        abstract = True
