"""The common columns of videos and jobs, whose events pages watch."""

from __future__ import annotations

import uuid

from django.db import models

from .leased import Leased


class Subject(Leased):
    """A row that pages watch live. ``event_seq`` is the number of its last event."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event_seq = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    derived_files_error = models.TextField(blank=True)
    """Why its pictures, comparison or copy for browsers can't be made; empty while they can be tried."""

    class Meta:
        abstract = True
