"""Every frame of sound that a track gives: when it begins, how long it lasts, in which form it is."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from upscaler.pipeline.core.facts import SoundForm
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.opening import Opening
from upscaler.pipeline.programs import ffmpeg
from upscaler.pipeline.programs.process import PIPE_BYTES
from upscaler.pipeline.timing.clock import NO_STAMP, Run, Stamps, runs, without_slips

NANOSECOND = Fraction(1, 10**9)
FRAME = re.compile(
    r"^\[\S*ashowinfo\S* @ 0x[0-9a-f]+\] \[info\] n:\d+ pts:(-?\w+) .*channels:(\d+) chlayout:(.+?) rate:(\d+)"
    r" nb_samples:(\d+)"
)
MOST_FRAMES = 20_000_000
"""Of six hours, frames of a millisecond: what has more is made to exhaust somebody's memory."""
LATEST = 2**62
"""Nanoseconds, of a hundred and forty years: a time beyond is none."""
FAILED = "[error] Error while decoding stream"


@dataclass(frozen=True)
class SoundFrames:
    """What a whole decode of one track gave, in the order of decoding."""

    begins: Stamps
    """Nanoseconds from the file's start, NO_STAMP where a frame does not say, or can't be right."""
    samples: Stamps
    """How many each frame has, by its own rate."""
    forms: tuple[tuple[int, SoundForm], ...]
    """Each with the number of the frame from which on it holds."""
    complaints: int
    """Packets that could not be decoded."""
    slips: int = 0
    """Frames whose own timestamp can't be right."""

    @property
    def lengths(self) -> Stamps:
        """Nanoseconds that each frame lasts."""
        bounds = [first for first, _ in self.forms] + [len(self.samples)]
        rates = np.ones(len(self.samples), np.int64)
        for (first, form), end in zip(self.forms, bounds[1:], strict=True):
            rates[first:end] = form.rate
        return self.samples * 10**9 // rates

    @property
    def seconds(self) -> Fraction:
        """Of all that decodes."""
        return int(self.lengths.sum()) * NANOSECOND

    def runs(self) -> list[Run]:
        """The runs of its clock."""
        return runs(self.begins, self.lengths, NANOSECOND)


class _Lines:
    """Reads what ashowinfo says of each frame."""

    def __init__(self) -> None:
        self.begins, self.samples = array("q"), array("q")
        self.forms: list[tuple[int, SoundForm]] = []
        self.complaints = 0

    def __call__(self, line: str) -> None:
        found = FRAME.match(line)
        if found is None:
            self.complaints += line.startswith(FAILED)
            return
        stamp, channels, layout, rate, samples = found.groups()
        form = SoundForm(int(rate), int(channels), layout)
        if form.rate <= 0 or form.channels <= 0 or len(self.begins) >= MOST_FRAMES:
            return
        if not self.forms or self.forms[-1][1] != form:
            self.forms.append((len(self.begins), form))
        begins = NO_STAMP if stamp == "NOPTS" else int(stamp) * 10**9 // form.rate
        self.begins.append(begins if abs(begins) < LATEST else NO_STAMP)
        self.samples.append(int(samples))


def sound_frames(path: Path, opening: Opening, track: int, limits: Limits) -> SoundFrames:
    """Decode track ``track`` of a source, counted among its sound, and list its frames.

    What decodes counts, not the exit code: a track that gives nothing has no frames.
    """
    lines = _Lines()
    heard = ffmpeg.source(path, limits, opening)[f"a:{track}"]
    output = ffmpeg.write(heard, to="-", format="null", af="ashowinfo").global_args("-progress", "pipe:1")
    buffer = bytearray(PIPE_BYTES)
    with ffmpeg.reading(output, limits=limits, says="The sound's decoder", on_line=lines) as process:
        while process.read_some(memoryview(buffer)):
            pass
        process.wait()
    begins, samples = (np.array(one, np.int64) for one in (lines.begins, lines.samples))
    found = SoundFrames(begins, samples, tuple(lines.forms), lines.complaints)
    if not len(begins):
        return found
    clean = without_slips(begins, int(np.median(found.lengths)), NANOSECOND)
    return replace(found, begins=clean, slips=int(np.count_nonzero(clean != begins)))
