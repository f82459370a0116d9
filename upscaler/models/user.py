"""Accounts."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models

from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.planning.clip_profiles import OTHER


class User(AbstractUser):
    """An account with a library, and the defaults of its uploads.

    The owner, who set the server up, has ``is_superuser``.
    """

    default_model = models.ForeignKey(
        "upscaler.UpscaleModel", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    default_preset = models.CharField(max_length=40, default="h264")
    default_height = models.PositiveIntegerField(null=True, blank=True)
    default_kind = models.CharField(max_length=20, default=OTHER)
    """One of pipeline.kinds: the default kind of this person's uploads."""
    auto_upscale = models.BooleanField("Upscale new videos after upload", default=True)
    lists_library = models.BooleanField("Show the library as a list", default=False)

    @property
    def default_recipe(self) -> Recipe:
        return Recipe(preset=self.default_preset, height=self.default_height)
