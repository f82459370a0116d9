"""What is missing from a damaged file: stretches without pictures, and an end that never comes.

A picture that stands still looks the same at first: encoders of a variable rate write no frames for it. So the decoder
has to have complained, or the sound to be missing at the same time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.facts import Gap
from upscaler.pipeline.timing.clock import NO_STAMP, Account, moved_by
from upscaler.pipeline.tracks.sound_frames import SoundFrames

SHORTEST_GAP = Fraction(1, 2)
USUAL, TIMES_USUAL = 95, 4
"""A gap is so many times as long as 95 of 100 of the clip's steps from frame to frame."""
SOUND_SHARE = Fraction(1, 2)
"""Of a gap: where the sound is silent for so much of it without a packet, the file has lost both."""
MOST_MISSING = 1
"""Seconds; up to so much, headers and pictures differ in files that are whole."""


@dataclass(frozen=True)
class SoundTimes:
    """When frames of the first audible track begin, in seconds of the account, in order; empty without sound."""

    begins: NDArray[np.float64]

    @classmethod
    def of(cls, heard: Sequence[SoundFrames | None], account: Account) -> SoundTimes:
        """Of the first track that gave anything."""
        for frames, shifts in zip(heard, account.sounds, strict=True):
            if frames is None or not len(frames.begins):
                continue
            times = frames.begins / 1e9
            times += moved_by(shifts, len(times))
            return cls(np.sort(times[frames.begins != NO_STAMP]))
        return cls(np.empty(0))

    def last(self) -> Fraction:
        """When the last frame begins; 0 without sound."""
        return Fraction(float(self.begins[-1])) if len(self.begins) else Fraction(0)

    def longest_hole(self, start: Fraction, end: Fraction) -> Fraction:
        """The longest time without a frame between two times; 0 without sound."""
        if not len(self.begins):
            return Fraction(0)
        first, last = np.searchsorted(self.begins, (float(start), float(end)))
        inside = np.concatenate(([float(start)], self.begins[first:last], [float(end)]))
        return Fraction(float(np.diff(inside).max()))


def gaps(
    numbers: Sequence[int],
    rate: Fraction,
    first_frame_time: Fraction,
    has_complaints: bool,
    sound: SoundTimes,
) -> tuple[Gap, ...]:
    """Holes of half a second and more that damage has made.

    ``numbers`` are those of every decoded frame at ``rate``.
    """
    if len(numbers) < 2:
        return ()
    steps = np.diff(np.asarray(numbers, np.int64))
    least = max(SHORTEST_GAP * rate, TIMES_USUAL * Fraction(float(np.percentile(steps, USUAL))))
    found = []
    for at in (int(at) for at in np.flatnonzero(steps >= ceil(least))):
        before, frame = numbers[at], numbers[at + 1]
        gap = Gap(frame=frame, time=(before + 1) / rate, seconds=(frame - before - 1) / rate)
        if has_complaints or _is_silent(gap, first_frame_time, sound):
            found.append(gap)
    return tuple(found)


def declared_seconds(claimed: Fraction, is_of_pictures: bool, pictures_end: Fraction, sound: SoundTimes) -> Fraction:
    """What the file says of how long its pictures last, in seconds from the container's start; 0 where it does not.

    A duration of the whole file that the sound fills says nothing about the pictures.
    """
    is_short = claimed - pictures_end > MOST_MISSING
    if is_short and not is_of_pictures and sound.last() >= claimed - MOST_MISSING:
        return Fraction(0)
    return claimed


def _is_silent(gap: Gap, first_frame_time: Fraction, sound: SoundTimes) -> bool:
    start = first_frame_time + gap.time
    return sound.longest_hole(start, start + gap.seconds) >= SOUND_SHARE * gap.seconds
