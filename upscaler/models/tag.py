"""Tags of videos."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from .listing import fold

MAX_TAG_LENGTH = 50


class Tag(models.Model):
    """A tag of one person's videos. ``key`` is its name without case and accents, of which there is only one."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(max_length=MAX_TAG_LENGTH)
    key = models.CharField(max_length=2 * MAX_TAG_LENGTH, editable=False)

    class Meta:
        ordering = ["key"]
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="one_tag_of_a_kind")]

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def key_of(name: str) -> str:
        """Return the key of a name; names with the same key are the same tag."""
        return fold(name)[: 2 * MAX_TAG_LENGTH]
