"""Sources."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from upscaler.pipeline.facts import Facts
from upscaler.pipeline.kinds import OTHER

from .subject import Subject


class VideoState(models.TextChoices):
    JOINING = "joining", "Joining its parts"
    FETCHING = "fetching", "Being fetched"
    UPLOADING = "uploading", "Uploading"
    PROBING = "probing", "Looking at it"
    ANALYSING = "analysing", "Measuring"
    READY = "ready", "Ready"
    REFUSED = "refused", "Refused"


class Video(Subject):
    """An uploaded source. The original file is never touched after it was stored."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="videos")
    title = models.CharField(max_length=200)
    original_name = models.CharField(max_length=255)
    """As the person's computer called it: shown, never used as a path."""
    state = models.CharField(max_length=12, choices=VideoState, default=VideoState.UPLOADING)
    error = models.TextField(blank=True)
    notice = models.TextField(blank=True)
    """What its owner should know all the same, such as why no job was started."""
    starts_job = models.BooleanField(default=True)
    """Start a job with the owner's defaults as soon as the video is ready."""
    kind = models.CharField(max_length=20, default=OTHER)
    """One of pipeline.kinds: what its owner said it is. Decides the filters of its first job."""
    imported_from = models.TextField(blank=True)
    """The address that it was fetched from; empty for what was uploaded."""
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64, blank=True)
    facts_json = models.JSONField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["owner", "-created_at"])]

    def __str__(self) -> str:
        return self.title

    @property
    def key(self) -> str:
        """Where the original lies in media storage."""
        return f"videos/{self.id}/original"

    @property
    def facts(self) -> Facts | None:
        return Facts.from_json(self.facts_json) if self.facts_json else None
