"""What is known of a track once all of it was decoded."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction

from upscaler.pipeline.core.facts import AudioStream, Shift, SoundForm

from .sound_frames import SoundFrames

LEAST_SECONDS = Fraction(1, 100)
"""Of a track of which less decodes there is nothing to be heard."""
NOTHING = "none of it can be decoded"


def measured(stream: AudioStream, frames: SoundFrames | None, shifts: tuple[Shift, ...]) -> AudioStream:
    """The stream with what was found in it. ``frames`` is None where it was not decoded; why, it says already."""
    if frames is None:
        return stream
    if frames.seconds < LEAST_SECONDS:
        return replace(stream, silent=NOTHING, complaints=frames.complaints)
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
    """The form in which most of the track is."""
    lasts: Counter[SoundForm] = Counter()
    lengths = frames.lengths
    ends = [*(first for first, _ in frames.forms[1:]), len(lengths)]
    for (first, form), end in zip(frames.forms, ends, strict=True):
        lasts[form] += int(lengths[first:end].sum())
    return lasts.most_common(1)[0][0]
