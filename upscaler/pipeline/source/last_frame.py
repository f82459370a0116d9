"""How long the last picture stays: the only one whose end no other picture tells."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from upscaler.pipeline.containers.avi import chunks_of
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.timing.clock import LONGEST_PAUSE

from .packets import packets_of
from .probe import Probe

SHORTEST_HOLD = Fraction(1, 2)
"""Seconds beyond its own time; less is how containers round."""


def held_frames(path: Path, probed: Probe, pictures_end: Fraction, rate: Fraction, limits: Limits) -> int:
    """Frames at ``rate`` for which the last picture stays after its own, because the file says so of that picture.

    A file that declares more than it holds says nothing of the sort: it is cut short. ``pictures_end`` is in seconds
    after the container's start. Looks at the packets, and only where there is something to explain.
    """
    if probed.listed_frames:
        return _held_in_avi(path, probed, pictures_end, rate)
    if not probed.is_of_pictures or probed.seconds - pictures_end < SHORTEST_HOLD:
        return 0
    hold = min(_end_of_last_packet(path, probed, limits), probed.seconds) - pictures_end
    return min(round(hold * rate), round(LONGEST_PAUSE * rate)) if hold >= SHORTEST_HOLD else 0


def _held_in_avi(path: Path, probed: Probe, pictures_end: Fraction, rate: Fraction) -> int:
    """Empty chunks at the end, of a file that has all the chunks which it lists."""
    listed_end = probed.listed_frames / probed.r_frame_rate if probed.r_frame_rate else Fraction(0)
    missing = round((listed_end - pictures_end) * rate)
    if missing <= 0:
        return 0
    chunks = chunks_of(path, probed.stream)
    if chunks.all < probed.listed_frames or not probed.r_frame_rate:
        return 0
    return min(missing, round(chunks.empty_at_end / probed.r_frame_rate * rate))


def _end_of_last_packet(path: Path, probed: Probe, limits: Limits) -> Fraction:
    """Seconds after the container's start."""
    packets = packets_of(path, probed.opening, probed.opening.pictures, limits)
    last = max(zip(packets.begins, packets.lasts, strict=True), default=(0, 0))
    return sum(last) * packets.time_base
