"""The limits on sources. docs/limits.md gives the reasons for the defaults."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Limits:
    """Bounds on a source; sizes in pixels and bytes, times in seconds."""

    max_bytes: int = 64 * 1024**3
    max_side: int = 4096
    max_pixels: int = 4096 * 2304
    max_output_side: int = 8192
    max_seconds: Fraction = Fraction(6 * 3600)
    max_streams: int = 32
    max_attachments: int = 200
    """Fonts and other attached files, which are copied without being opened."""
    stall_seconds: float = 120.0
    """A program that neither reads nor writes for this long is terminated."""
