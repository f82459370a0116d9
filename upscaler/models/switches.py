"""What the owner of the server has decided for everybody."""

from __future__ import annotations

from django.db import models


class Switches(models.Model):
    """The one row of them. Whoever reads it before it was ever written gets the defaults."""

    imports = models.BooleanField("Let people fetch videos by their address", default=False)

    def __str__(self) -> str:
        return "Switches"

    @staticmethod
    def read() -> Switches:
        """As they are now."""
        return Switches.objects.filter(pk=1).first() or Switches(pk=1)
