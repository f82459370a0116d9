"""What is missing from a damaged file: stretches without pictures, and an end that never comes.

A picture that stands still looks the same at first: encoders of a variable rate write no frames for it. So the decoder
has to have complained, or the sound to be missing at the same time. Only where there is something to explain are the
packets of the sound listed, which decodes nothing.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from math import ceil
from pathlib import Path

import numpy as np

from ..facts import Gap
from ..limits import Limits
from ..rate import NO_STAMP
from .packets import packets_of

SHORTEST_GAP = Fraction(1, 2)
USUAL, TIMES_USUAL = 95, 4
"""A gap is so many times as long as 95 of 100 of the clip's steps from frame to frame."""
SOUND_SHARE = Fraction(1, 2)
"""Of a gap: where the sound is silent for so much of it without a packet, the file has lost both."""
MOST_MISSING = 1
"""Seconds; up to so much, headers and pictures differ in files that are whole."""


@dataclass
class SoundPackets:
    """When the packets of the first audio stream begin; read when asked for the first time."""

    path: Path
    limits: Limits
    has_sound: bool
    _stamps: array[int] | None = None
    _time_base: Fraction = field(default=Fraction(1))

    def last(self) -> Fraction:
        """Seconds after the container's start at which the last packet begins; 0 without sound."""
        stamps = self._read()
        return max(stamps) * self._time_base if stamps else Fraction(0)

    def longest_hole(self, start: Fraction, end: Fraction) -> Fraction:
        """The longest time without a packet between two times, in seconds; 0 without sound."""
        stamps = self._read()
        if not stamps:
            return Fraction(0)
        begins, ends = round(start / self._time_base), round(end / self._time_base)
        inside = [begins, *stamps[bisect_right(stamps, begins) : bisect_left(stamps, ends)], ends]
        return max(after - before for before, after in pairwise(inside)) * self._time_base

    def _read(self) -> array[int]:
        if self._stamps is None:
            self._stamps = array("q")
            if self.has_sound:
                packets = packets_of(self.path, "a:0", self.limits)
                self._time_base, self._stamps = packets.time_base, array("q", sorted(packets.begins))
        return self._stamps


def gaps(
    stamps: Sequence[int],
    numbers: Sequence[int],
    time_base: Fraction,
    rate: Fraction,
    has_complaints: bool,
    sound: SoundPackets,
) -> tuple[Gap, ...]:
    """Holes of half a second and more that damage has made.

    ``stamps`` and ``numbers`` are every decoded frame's timestamp and its number at ``rate``.
    """
    if len(numbers) < 2:
        return ()
    steps = np.diff(np.asarray(numbers, np.int64))
    least = max(SHORTEST_GAP * rate, TIMES_USUAL * Fraction(float(np.percentile(steps, USUAL))))
    found = []
    for at in (int(at) for at in np.flatnonzero(steps >= ceil(least))):
        before, frame = numbers[at], numbers[at + 1]
        gap = Gap(frame=frame, time=(before + 1) / rate, seconds=(frame - before - 1) / rate)
        if has_complaints or _is_silent(gap, stamps[at], time_base, sound):
            found.append(gap)
    return tuple(found)


def declared_seconds(claimed: Fraction, is_of_pictures: bool, pictures_end: Fraction, sound: SoundPackets) -> Fraction:
    """What the file says of how long its pictures last, in seconds from the container's start; 0 where it does not.

    A duration of the whole file that the sound fills says nothing about the pictures.
    """
    is_short = claimed - pictures_end > MOST_MISSING
    if is_short and not is_of_pictures and sound.last() >= claimed - MOST_MISSING:
        return Fraction(0)
    return claimed


def _is_silent(gap: Gap, stamp: int, time_base: Fraction, sound: SoundPackets) -> bool:
    if stamp == NO_STAMP:
        return False
    start = stamp * time_base
    return sound.longest_hole(start, start + gap.seconds) >= SOUND_SHARE * gap.seconds
