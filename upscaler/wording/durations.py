"""Lengths of time, and positions in a video."""

from __future__ import annotations

from fractions import Fraction


def clock(seconds: float | Fraction | None) -> str:
    """Return 93.4 as "1:33", with hours from an hour on; "" for None."""
    if seconds is None:
        return ""
    whole = round(float(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def clock_with_tenths(seconds: Fraction) -> str:
    """Return 93.4 as "1:33.4", with hours from an hour on."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes_left = divmod(minutes, 60)
    tail = f"{rest // 10:02}.{rest % 10}"
    return f"{hours}:{minutes_left:02}:{tail}" if hours else f"{minutes}:{tail}"


def moment(seconds: float) -> str:
    """Return a position such as "1.3 s", so that those of a short clip differ; from a minute on "1:00"."""
    return f"{seconds:.1f} s" if seconds < 59.95 else clock(seconds)
