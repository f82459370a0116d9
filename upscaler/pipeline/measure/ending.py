"""How long the last picture stays: the only one whose end no other picture tells."""

from __future__ import annotations

import contextlib
from fractions import Fraction
from pathlib import Path

from .. import ffmpeg
from ..errors import PipelineError
from ..limits import Limits
from ..probe import Probe
from ..rate import longest_jump

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
    listing = ffmpeg.write(ffmpeg.source(path, limits)[ffmpeg.PICTURES], to="pipe:", format="framecrc", c="copy")
    time_base, last = Fraction(1), (0, 0)
    with ffmpeg.reading(listing, limits=limits, says="The demuxer") as process:
        while line := process.read_line(limits.stall_seconds):
            if line.startswith(b"#tb 0:"):
                time_base = Fraction(line.split(b":")[1].strip().decode())
            elif not line.startswith(b"#"):
                shown, lasts = (int(figure) for figure in line.split(b",")[2:4])
                last = max(last, (shown, lasts))
        with contextlib.suppress(PipelineError):  # what the file still has counts, not the exit code
            process.finish()
    return sum(last) * time_base
