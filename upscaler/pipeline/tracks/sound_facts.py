"""The facts of an audio track after a full decode."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction

from upscaler.pipeline.core.stream_facts import AudioStream, SoundForm
from upscaler.pipeline.core.timeline import Shift

from .sound_frames import SoundFrames

MIN_SECONDS = Fraction(1, 100)
"""A track of which less can be decoded counts as silent."""
UNDECODABLE = "none of it can be decoded"


def with_measurements(stream: AudioStream, frames: SoundFrames | None, shifts: tuple[Shift, ...]) -> AudioStream:
    """Return the stream with its measurements. ``frames`` is None where it was not decoded; ``silent`` says why."""
    if frames is None:
        return stream
    if frames.seconds < MIN_SECONDS:
        return replace(stream, silent=UNDECODABLE, complaints=frames.complaints)
    form = longest_form(frames)
    return replace(
        stream,
        sample_rate=form.rate,
        channels=form.channels,
        layout=form.layout,
        forms=len(frames.forms),
        slips=frames.slips,
        shifts=shifts if any(shift.seconds for shift in shifts) else (),
        complaints=frames.complaints,
    )


def longest_form(frames: SoundFrames) -> SoundForm:
    """Return the form with the longest total duration."""
    lasts: Counter[SoundForm] = Counter()
    lengths = frames.lengths
    ends = [*(first for first, _ in frames.forms[1:]), len(lengths)]
    for (first, form), end in zip(frames.forms, ends, strict=True):
        lasts[form] += int(lengths[first:end].sum())
    return lasts.most_common(1)[0][0]
