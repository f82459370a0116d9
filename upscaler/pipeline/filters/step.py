"""One ffmpeg filter with its options, as plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """``name`` is ffmpeg's; ``options`` are pairs, so that a plan can be compared and stored."""

    name: str
    options: tuple[tuple[str, str | int], ...] = ()
