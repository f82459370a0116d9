"""Settings of the whole server, which its owner changes in the app."""

from __future__ import annotations

from django.db import models


class SiteSettings(models.Model):
    """The one row of settings, which doesn't exist before the first change."""

    shows_gallery = models.BooleanField(default=False)
    allows_url_import = models.BooleanField(default=False)
    """May people import videos by URL?"""

    def __str__(self) -> str:
        return "Server settings"

    @staticmethod
    def read() -> SiteSettings:
        """Return the current settings; before the first change, the defaults."""
        return SiteSettings.objects.filter(pk=1).first() or SiteSettings(pk=1)
