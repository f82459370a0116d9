"""Sizes of files and of pictures."""

from __future__ import annotations

UNITS = ("KB", "MB", "GB", "TB", "PB")
SPACE = "\N{NO-BREAK SPACE}"
"""Keeps a number and its unit on one line."""


def file_size(size: int) -> str:
    """Return bytes as "10 bytes" or "1.5 GB", of 1024 each as Django's filesizeformat."""
    if size < 1024:
        return f"{size}{SPACE}{'byte' if size == 1 else 'bytes'}"
    value, unit = size / 1024, 0
    while value >= 1024 and unit < len(UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:.1f}{SPACE}{UNITS[unit]}"


def limit(size: int) -> str:
    """Return a round number of bytes as "64 GB", without the decimals of ``file_size``."""
    return file_size(size).replace(".0", "")


def picture_size(width: int, height: int) -> str:
    """Return "320x240"."""
    return f"{width}x{height}"
