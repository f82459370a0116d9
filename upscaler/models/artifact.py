"""Finished files."""

from __future__ import annotations

import uuid

from django.db import models


class ArtifactKind(models.TextChoices):
    ORIGINAL = "original", "Original file"
    POSTER = "poster", "Poster"
    PROXY = "proxy", "Original, made playable"
    SPRITE = "sprite", "Small pictures of the whole clip"
    RESULT = "result", "Result"
    PLAYABLE = "playable", "Result, made playable"
    SOURCE_CLIP = "before", "Original as the network saw it, made playable"
    STILL_BEFORE = "still-before", "Still, before"
    STILL_AFTER = "still-after", "Still, after"
    PNG_BEFORE = "png-before", "Still without loss, before"
    PNG_AFTER = "png-after", "Still without loss, after"
    COMPARISON_CLIP = "stacked", "Both pictures in one clip"
    HOVER_CLIP = "hover", "A line that sweeps over both, for the library"
    LINK_PREVIEW = "split", "Before and after in one picture"
    POST = "post", "A clip to post"
    LIVE_BEFORE = "live-before", "Frame under work, before"
    LIVE_AFTER = "live-after", "Frame under work, after"
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
"""Of clips to post, by the ending of the key, which is the format that was asked for."""
RESULT_TYPES = {"mkv": "video/x-matroska", "mov": "video/quicktime", "avi": "video/x-msvideo"}
"""Of results that are no MP4, by the ending of the key, which is the preset's container, or that of a file
made elsewhere."""


class Artifact(models.Model):
    """A file in media storage that belongs to a video or to a job, never to both."""

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
    """For a picture: the number of its frame in the plan, or in the source for a poster."""
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
        """Fixed by the kind and the key, which are ours: never guessed from a person's file name or from content."""
        if self.kind == ArtifactKind.RESULT:
            return RESULT_TYPES.get(self.key.rpartition(".")[2], "video/mp4")
        if self.kind == ArtifactKind.POST:
            return POST_TYPES.get(self.key.rpartition(".")[2], "video/mp4")
        return CONTENT_TYPES.get(ArtifactKind(self.kind), IMAGE_TYPE)
