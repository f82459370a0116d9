"""Numbers of things, and lists of them."""

from __future__ import annotations

from collections.abc import Sequence


def count_of(number: int, noun: str, plural: str = "") -> str:
    """Return "1 video", "0 videos" or "1,200 videos"."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def list_of(words: Sequence[str]) -> str:
    """Return "a, b and c"."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
