"""What the owner of the server chooses for all of it."""

from __future__ import annotations

from django.db import models


class SiteSettings(models.Model):
    """The one row of it; none is there until something is chosen."""

    shows_gallery = models.BooleanField(default=False)

    def __str__(self) -> str:
        return "What holds for the whole server"
