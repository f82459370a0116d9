"""What the owner of the server chooses for all of it."""

from __future__ import annotations

from django.db import models


class SiteSettings(models.Model):
    """The one row of it; none is there until something is chosen."""

    shows_gallery = models.BooleanField(default=False)
    allows_url_import = models.BooleanField(default=False)
    """May people fetch videos by their address?"""

    def __str__(self) -> str:
        return "What holds for the whole server"

    @staticmethod
    def read() -> SiteSettings:
        """As it is now; the usual before anything was chosen."""
        return SiteSettings.objects.filter(pk=1).first() or SiteSettings(pk=1)
