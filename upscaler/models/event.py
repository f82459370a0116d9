"""The event log of videos and jobs."""

from __future__ import annotations

from django.db import models


class Event(models.Model):
    """One entry of a subject's log. ``seq`` has no gaps; row ids may commit out of order, ``seq`` may not."""

    subject = models.UUIDField()
    """The id of a video or a job; ids are unique across both."""
    seq = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=16)
    payload = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["seq"]
        constraints = [models.UniqueConstraint(fields=["subject", "seq"], name="event_once_per_subject")]

    def __str__(self) -> str:
        return f"{self.subject} {self.seq} {self.kind}"
