"""How long the last picture stays: the only one whose end no other picture tells."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from .. import ffmpeg
from ..limits import Limits
from ..probe import Probe
from ..rate import longest_jump
from .packets import packets_of

SHORTEST_HOLD = Fraction(1, 2)
"""Seconds beyond its own time; less is how containers round."""


def held_frames(path: Path, probed: Probe, pictures_end: Fraction, rate: Fraction, limits: Limits) -> int:
    """Frames at ``rate`` for which the last picture stays after its own, because the file says so of that picture.

    A file that declares more than it holds says nothing of the sort: it is cut short. ``pictures_end`` is in seconds
    after the container's start. Lists the packets, and only where there is something to explain.
    """
    if not probed.is_of_pictures or probed.seconds - pictures_end < SHORTEST_HOLD:
        return 0
    hold = min(_end_of_last_packet(path, limits), probed.seconds) - pictures_end
    return min(round(hold * rate), longest_jump(rate)) if hold >= SHORTEST_HOLD else 0


def _end_of_last_packet(path: Path, limits: Limits) -> Fraction:
    """Seconds after the container's start."""
    packets = packets_of(path, ffmpeg.PICTURES, limits)
    last = max(zip(packets.begins, packets.lasts, strict=True), default=(0, 0))
    return sum(last) * packets.time_base
