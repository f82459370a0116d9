"""Find what a damaged file lacks: stretches without frames, and a missing end.

A still picture looks similar, since encoders of a variable rate write no frames for it. So a gap counts only where the
decoder reports errors, or where the sound is missing too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.timeline import Gap
from upscaler.pipeline.timing.clock_runs import NO_STAMP
from upscaler.pipeline.timing.source_clock import Timeline, shift_per_frame
from upscaler.pipeline.tracks.sound_frames import SoundFrames

MIN_GAP = Fraction(1, 2)
GAP_PERCENTILE, GAP_FACTOR = 95, 4
"""A gap is at least this many times as long as the 95th percentile of the steps between frames."""
SOUND_SHARE = Fraction(1, 2)
"""Share of a gap without audio packets for which both video and sound count as lost."""
MAX_DIFFERENCE = 1
"""Seconds by which headers and frames differ in undamaged files."""


@dataclass(frozen=True)
class SoundTimes:
    """When frames of the first decodable audio track begin, in seconds of the timeline, sorted; empty without sound."""

    begins: NDArray[np.float64]

    @classmethod
    def of(cls, track_frames: Sequence[SoundFrames | None], timeline: Timeline) -> SoundTimes:
        """Use the first track with frames."""
        for frames, shifts in zip(track_frames, timeline.sounds, strict=True):
            if frames is None or not len(frames.begins):
                continue
            times = frames.begins / 1e9
            times += shift_per_frame(shifts, len(times))
            return cls(np.sort(times[frames.begins != NO_STAMP]))
        return cls(np.empty(0))

    def last(self) -> Fraction:
        """Return when the last frame begins; 0 without sound."""
        return Fraction(float(self.begins[-1])) if len(self.begins) else Fraction(0)

    def longest_hole(self, start: Fraction, end: Fraction) -> Fraction:
        """Return the longest time without a frame between two times; 0 without sound."""
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
    """Return the gaps of half a second or more that result from damage.

    ``numbers`` are those of the decoded frames at ``rate``.
    """
    if len(numbers) < 2:
        return ()
    steps = np.diff(np.asarray(numbers, np.int64))
    least = max(MIN_GAP * rate, GAP_FACTOR * Fraction(float(np.percentile(steps, GAP_PERCENTILE))))
    damaged = []
    for at in (int(at) for at in np.flatnonzero(steps >= ceil(least))):
        before, frame = numbers[at], numbers[at + 1]
        gap = Gap(frame=frame, time=(before + 1) / rate, seconds=(frame - before - 1) / rate)
        if has_complaints or _is_silent(gap, first_frame_time, sound):
            damaged.append(gap)
    return tuple(damaged)


def declared_seconds(claimed: Fraction, is_of_pictures: bool, pictures_end: Fraction, sound: SoundTimes) -> Fraction:
    """Return the declared end of the video, in seconds from the container's start; 0 where there is none.

    The duration of the whole file doesn't count where the sound lasts that long.
    """
    is_short = claimed - pictures_end > MAX_DIFFERENCE
    if is_short and not is_of_pictures and sound.last() >= claimed - MAX_DIFFERENCE:
        return Fraction(0)
    return claimed


def _is_silent(gap: Gap, first_frame_time: Fraction, sound: SoundTimes) -> bool:
    start = first_frame_time + gap.time
    return sound.longest_hole(start, start + gap.seconds) >= SOUND_SHARE * gap.seconds
