"""Parts of a whole."""

from __future__ import annotations


def percent(done: int, total: int) -> int:
    """Return whole percent, and 100 only at the end."""
    return min(100, done * 100 // total) if total else 0


def proportion(part: int, whole: int) -> str:
    """Return "Half" or "12%"; the number itself below 1%."""
    if abs(part / whole - 0.5) < 0.01:
        return "Half"
    return f"{part:,}" if part < whole / 100 else f"{part / whole:.0%}"
