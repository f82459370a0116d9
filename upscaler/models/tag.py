"""A person's own words for their videos."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from .listing import fold

MOST_LETTERS = 50


class Tag(models.Model):
    """One word, or a few. ``key`` is its name without case and accents: there is one tag of a kind."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(max_length=MOST_LETTERS)
    key = models.CharField(max_length=2 * MOST_LETTERS, editable=False)

    class Meta:
        ordering = ["key"]
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="one_tag_of_a_kind")]

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def key_of(name: str) -> str:
        """What two names have in common that are the same tag."""
        return fold(name)[: 2 * MOST_LETTERS]
