"""Finished files of videos and jobs."""

from __future__ import annotations

import uuid

from django.db import models


class ArtifactKind(models.TextChoices):
    ORIGINAL = "original", "Original file"
    POSTER = "poster", "Poster"
    PROXY = "proxy", "Original, playable copy"
    SPRITE = "sprite", "Thumbnails"
    RESULT = "result", "Result"
    PLAYABLE = "playable", "Result, playable copy"
    SOURCE_CLIP = "before", "Source of the result, playable copy"
    STILL_BEFORE = "still-before", "Still, before"
    STILL_AFTER = "still-after", "Still, after"
    PNG_BEFORE = "png-before", "Lossless still, before"
    PNG_AFTER = "png-after", "Lossless still, after"
    COMPARISON_CLIP = "stacked", "Comparison clip"
    HOVER_CLIP = "hover", "Hover clip"
    LINK_PREVIEW = "split", "Link preview picture"
    POST = "post", "Clip to post"
    LIVE_BEFORE = "live-before", "Current frame, before"
    LIVE_AFTER = "live-after", "Current frame, after"
    RECEIPT = "receipt", "Receipt"


CONTENT_TYPES = {
    ArtifactKind.ORIGINAL: "application/octet-stream",
    ArtifactKind.PROXY: "video/mp4",
    ArtifactKind.RESULT: "video/mp4",
    ArtifactKind.PLAYABLE: "video/mp4",
    ArtifactKind.SOURCE_CLIP: "video/mp4",
    ArtifactKind.COMPARISON_CLIP: "video/mp4",
    ArtifactKind.HOVER_CLIP: "video/mp4",
    ArtifactKind.PNG_BEFORE: "image/png",
    ArtifactKind.PNG_AFTER: "image/png",
    ArtifactKind.RECEIPT: "application/json",
}
IMAGE_TYPE = "image/jpeg"
POST_TYPES = {"mp4": "video/mp4", "webp": "image/webp", "gif": "image/gif"}
"""Content types of clips to post, by the key's extension, which is the chosen file type."""
RESULT_TYPES = {"mkv": "video/x-matroska", "mov": "video/quicktime", "avi": "video/x-msvideo"}
"""Content types of results that aren't MP4, by the key's extension, which is that of the preset's container or of an
imported file."""


class Artifact(models.Model):
    """A file in media storage that belongs to either a video or a job."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    video = models.ForeignKey("upscaler.Video", on_delete=models.CASCADE, null=True, related_name="artifacts")
    job = models.ForeignKey("upscaler.Job", on_delete=models.CASCADE, null=True, related_name="artifacts")
    kind = models.CharField(max_length=16, choices=ArtifactKind)
    key = models.CharField(max_length=200, unique=True)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    frame = models.PositiveIntegerField(null=True, blank=True)
    """The frame number of a picture in the plan, or in the source for a poster."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(video__isnull=True) ^ models.Q(job__isnull=True), name="artifact_of_video_or_job"
            )
        ]
        indexes = [models.Index(fields=["job", "kind", "frame"]), models.Index(fields=["video", "kind"])]

    def __str__(self) -> str:
        return self.key

    @property
    def content_type(self) -> str:
        """The content type by kind and key, never guessed from a person's file name or from content."""
        if self.kind == ArtifactKind.RESULT:
            return RESULT_TYPES.get(self.key.rpartition(".")[2], "video/mp4")
        if self.kind == ArtifactKind.POST:
            return POST_TYPES.get(self.key.rpartition(".")[2], "video/mp4")
        return CONTENT_TYPES.get(ArtifactKind(self.kind), IMAGE_TYPE)
