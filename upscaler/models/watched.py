"""The watched folder, and the files imported from it."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Watch(models.Model):
    """The one row that holds the outcome of the last scan."""

    folder = models.TextField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    """The account whose library the files go to."""
    looked_at = models.DateTimeField(null=True)
    """When the last complete scan ended, by which a folder that hangs is noticed."""
    error = models.TextField(blank=True)
    """Why nothing can be imported, such as a missing folder."""
    growing = models.PositiveIntegerField(default=0)
    """The number of files that grow, or did so a moment ago."""
    others = models.PositiveIntegerField(default=0)
    """The number of files without a video's extension, which are skipped."""

    def __str__(self) -> str:
        return self.folder


class WatchedFile(models.Model):
    """One file that was imported, or can't be. It is identified by path or inode, size and modification time."""

    path = models.TextField()
    """The path below the folder; bytes that are not UTF-8 are escaped."""
    size = models.PositiveBigIntegerField()
    mtime_ns = models.BigIntegerField()
    inode = models.CharField(max_length=20)
    """The inode as text, since it can be larger than a database's integers."""
    video = models.ForeignKey("upscaler.Video", on_delete=models.SET_NULL, null=True, related_name="+")
    """None if it was not imported, or deleted since."""
    reason = models.TextField(blank=True)
    """Why it can't be imported; it is retried. Empty for an imported file."""
    at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return self.path
