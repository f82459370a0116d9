"""Which encoders this installation's workers have."""

from __future__ import annotations

from django.db import models


class Encoder(models.Model):
    """What a worker found when it tried an encoder. An encoder without a row has not been tried yet."""

    name = models.CharField(max_length=40, primary_key=True)
    """By ffmpeg's name, such as "libx264"."""
    works = models.BooleanField()
    reason = models.TextField(blank=True)
    """Why not, in a sentence."""
    checked_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name
