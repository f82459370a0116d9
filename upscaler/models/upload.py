"""Uploads in progress."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from upscaler.pipeline.planning.clip_profiles import OTHER


class UploadPurpose(models.TextChoices):
    VIDEO = "video", "A video"
    WEIGHTS = "weights", "Network weights"
    CAPTURE = "capture", "A capture of a dataset"


class Upload(models.Model):
    """One tus upload. ``offset`` is how many bytes are safely stored."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="uploads")
    purpose = models.CharField(max_length=10, choices=UploadPurpose)
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    offset = models.PositiveBigIntegerField(default=0)
    title = models.CharField(max_length=200, blank=True)
    """The person's title; empty for one made from the file's name."""
    starts_job = models.BooleanField(default=True)
    kind = models.CharField(max_length=20, default=OTHER)
    """The name of one of the pipeline's clip profiles."""
    upscale_of = models.ForeignKey("upscaler.Video", on_delete=models.SET_NULL, null=True, related_name="+")
    """The original of an imported result."""
    dataset = models.ForeignKey("upscaler.Dataset", on_delete=models.SET_NULL, null=True, related_name="+")
    """The dataset of a capture."""
    link = models.ForeignKey("upscaler.CaptureLink", on_delete=models.SET_NULL, null=True, related_name="+")
    """The link by which a friend sends a capture; ``owner`` is the dataset's owner then."""
    contributor = models.CharField(max_length=120, blank=True)
    """The name that the friend entered."""
    map = models.CharField(max_length=100, blank=True)
    """The map of a capture."""
    result_id = models.UUIDField(null=True, blank=True)
    """The id of the video, the model or the capture that the completed upload became."""
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    """The time of its browser's last request. An UPDATE has to set it: `auto_now` acts in `save` alone."""

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """The key under which the bytes are collected."""
        return f"uploads/{self.id}"
