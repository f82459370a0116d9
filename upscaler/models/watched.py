"""The watched folder, and what was taken out of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Watch(models.Model):
    """The one row that says what the last look found."""

    folder = models.TextField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    """Whose library the files go to."""
    looked_at = models.DateTimeField(null=True)
    """When the last look that came to its end did so: a folder that hangs is seen by this."""
    error = models.TextField(blank=True)
    """Why nothing can be taken at all, such as a folder that is not there."""
    growing = models.PositiveIntegerField(default=0)
    """Files that still grow, or did so a moment ago."""
    others = models.PositiveIntegerField(default=0)
    """Files without the ending of a video, which are left alone."""

    def __str__(self) -> str:
        return self.folder


class WatchedFile(models.Model):
    """One file that was taken in, or can't be: it is known by path or inode, size and time of change."""

    path = models.TextField()
    """Below the folder; bytes that are no UTF-8 are written as escapes."""
    size = models.PositiveBigIntegerField()
    mtime_ns = models.BigIntegerField()
    inode = models.CharField(max_length=20)
    """A number that may be larger than databases have."""
    video = models.ForeignKey("upscaler.Video", on_delete=models.SET_NULL, null=True, related_name="+")
    """None where it was not taken, or was deleted since."""
    reason = models.TextField(blank=True)
    """Why it is not taken; it is tried again. Empty for one that was."""
    at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return self.path
