"""How long the last frame stays, which no later frame shows."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from upscaler.pipeline.containers.avi import count_chunks
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.timing.clock_runs import MAX_PAUSE

from .packets import read_packets
from .probe import Probe

MIN_HOLD = Fraction(1, 2)
"""Seconds beyond a frame's duration; less is rounding."""


def held_frames(path: Path, probed: Probe, pictures_end: Fraction, rate: Fraction, limits: Limits) -> int:
    """Return the frames at ``rate`` for which the last frame is declared to stay beyond its duration.

    A file that declares more frames than it has is truncated, and has none. ``pictures_end`` is in seconds after the
    container's start. The packets are read only where the declared duration is longer.
    """
    if probed.listed_frames:
        return _held_in_avi(path, probed, pictures_end, rate)
    if not probed.is_of_pictures or probed.seconds - pictures_end < MIN_HOLD:
        return 0
    hold = min(_end_of_last_packet(path, probed, limits), probed.seconds) - pictures_end
    return min(round(hold * rate), round(MAX_PAUSE * rate)) if hold >= MIN_HOLD else 0


def _held_in_avi(path: Path, probed: Probe, pictures_end: Fraction, rate: Fraction) -> int:
    """Return the frames of the empty chunks at the end of a complete AVI."""
    listed_end = probed.listed_frames / probed.r_frame_rate if probed.r_frame_rate else Fraction(0)
    missing = round((listed_end - pictures_end) * rate)
    if missing <= 0:
        return 0
    chunks = count_chunks(path, probed.stream)
    if chunks.all < probed.listed_frames or not probed.r_frame_rate:
        return 0
    return min(missing, round(chunks.empty_at_end / probed.r_frame_rate * rate))


def _end_of_last_packet(path: Path, probed: Probe, limits: Limits) -> Fraction:
    """Return the end of the last packet, in seconds after the container's start."""
    packets = read_packets(path, probed.opening, probed.opening.pictures, limits)
    last = max(zip(packets.begins, packets.lasts, strict=True), default=(0, 0))
    return sum(last) * packets.time_base
