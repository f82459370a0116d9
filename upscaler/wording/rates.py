"""Frame rates and speeds."""

from __future__ import annotations

from fractions import Fraction


def rate(frames_per_second: Fraction) -> str:
    """Return 30000/1001 as "29.97", with three decimals at most."""
    return f"{float(frames_per_second):.3f}".rstrip("0").rstrip(".")


def speed(fps: float) -> str:
    """Return the speed of a worker, with two decimals below 10 frames per second."""
    return f"{fps:.2f} frames/s" if fps < 10 else f"{fps:.1f} frames/s"
