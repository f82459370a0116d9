"""People."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models

from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.planning.clip_profiles import OTHER


class User(AbstractUser):
    """A person with a library, and the recipe that their uploads start with.

    The owner, who set the server up, is the one with ``is_superuser``.
    """

    default_model = models.ForeignKey(
        "upscaler.UpscaleModel", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    default_preset = models.CharField(max_length=40, default="h264")
    default_height = models.PositiveIntegerField(null=True, blank=True)
    default_kind = models.CharField(max_length=20, default=OTHER)
    """One of pipeline.kinds: what the uploads of this person mostly are."""
    auto_upscale = models.BooleanField("Upscale new videos at once", default=True)
    lists_library = models.BooleanField("Show the library as a list", default=False)

    @property
    def default_recipe(self) -> Recipe:
        return Recipe(preset=self.default_preset, height=self.default_height)
