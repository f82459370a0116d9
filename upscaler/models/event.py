"""What happened, in order."""

from __future__ import annotations

from django.db import models


class Event(models.Model):
    """One line of a subject's log. ``seq`` has no holes; row ids may commit out of order, it may not."""

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
