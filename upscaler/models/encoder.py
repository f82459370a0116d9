"""Encoders that the workers have."""

from __future__ import annotations

from django.db import models


class Encoder(models.Model):
    """The outcome of a worker's test of an encoder. An encoder without a row hasn't been tested."""

    name = models.CharField(max_length=40, primary_key=True)
    """ffmpeg's name of it, such as "libx264"."""
    works = models.BooleanField()
    reason = models.TextField(blank=True)
    """Why it doesn't work, as a sentence."""
    checked_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name
