"""Films that were uploaded in several files, as was the habit of the time."""

from __future__ import annotations

from django.db import models


class Part(models.Model):
    """One file of a film. ``film`` is the joined video, ``source`` the video that the file came as."""

    film = models.ForeignKey("upscaler.Video", on_delete=models.CASCADE, related_name="parts")
    source = models.ForeignKey("upscaler.Video", on_delete=models.SET_NULL, null=True, related_name="part_of")
    """None once it was deleted: a film that is not joined yet can't be, one that is stays what it is."""
    position = models.PositiveIntegerField()
    """Order in the film, from 0."""

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["film", "position"], name="one_part_a_place")]

    def __str__(self) -> str:
        return f"{self.film_id} {self.position}"
