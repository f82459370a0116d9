"""Parts of joined videos."""

from __future__ import annotations

from django.db import models


class Part(models.Model):
    """One part of a joined video: ``film`` is the joined video, ``source`` the part."""

    film = models.ForeignKey("upscaler.Video", on_delete=models.CASCADE, related_name="parts")
    source = models.ForeignKey("upscaler.Video", on_delete=models.SET_NULL, null=True, related_name="part_of")
    """None once it was deleted: then the video can't be joined any more; one that is joined already doesn't change."""
    position = models.PositiveIntegerField()
    """The order of the parts, from 0."""

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["film", "position"], name="one_part_a_place")]

    def __str__(self) -> str:
        return f"{self.film_id} {self.position}"
