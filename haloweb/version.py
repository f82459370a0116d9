"""Which HaloWeb this is. Workers of another version than the server's take no work."""

from __future__ import annotations

VERSION = "0.2.0"
