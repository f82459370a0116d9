"""Start, duration and form of every frame of an audio track."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from upscaler.pipeline.core.input_options import InputOptions
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.stream_facts import SoundForm
from upscaler.pipeline.programs import ffmpeg
from upscaler.pipeline.programs.process import PIPE_BYTES
from upscaler.pipeline.timing.clock_runs import NO_STAMP, Run, Stamps, find_runs, without_slips

NANOSECOND = Fraction(1, 10**9)
FRAME = re.compile(
    r"^\[\S*ashowinfo\S* @ 0x[0-9a-f]+\] \[info\] n:\d+ pts:(-?\w+) .*channels:(\d+) chlayout:(.+?) rate:(\d+)"
    r" nb_samples:(\d+)"
)
MAX_FRAMES = 20_000_000
"""Six hours in frames of a millisecond. A file with more is meant to exhaust memory."""
MAX_TIME = 2**62
"""Nanoseconds, 140 years. A later time is invalid."""
DECODE_ERROR = "[error] Error while decoding stream"


@dataclass(frozen=True)
class SoundFrames:
    """The frames of one track, in decoding order."""

    begins: Stamps
    """Nanoseconds from the file's start, NO_STAMP where missing or implausible."""
    samples: Stamps
    """Number of samples in each frame, at its own rate."""
    forms: tuple[tuple[int, SoundForm], ...]
    """Each form with the number of its first frame."""
    complaints: int
    """Number of packets that can't be decoded."""
    slips: int = 0
    """Number of frames with an implausible timestamp."""

    @property
    def lengths(self) -> Stamps:
        """Duration of each frame in nanoseconds."""
        bounds = [first for first, _ in self.forms] + [len(self.samples)]
        rates = np.ones(len(self.samples), np.int64)
        for (first, form), end in zip(self.forms, bounds[1:], strict=True):
            rates[first:end] = form.rate
        return self.samples * 10**9 // rates

    @property
    def seconds(self) -> Fraction:
        """Total duration of the decoded frames."""
        return int(self.lengths.sum()) * NANOSECOND

    def find_runs(self) -> list[Run]:
        """Return the runs of its clock."""
        return find_runs(self.begins, self.lengths, NANOSECOND)


class _FrameLog:
    """Parses the lines of ffmpeg's ashowinfo filter."""

    def __init__(self) -> None:
        self.begins, self.samples = array("q"), array("q")
        self.forms: list[tuple[int, SoundForm]] = []
        self.complaints = 0

    def __call__(self, line: str) -> None:
        match = FRAME.match(line)
        if match is None:
            self.complaints += line.startswith(DECODE_ERROR)
            return
        stamp, channels, layout, rate, samples = match.groups()
        form = SoundForm(int(rate), int(channels), layout)
        if form.rate <= 0 or form.channels <= 0 or len(self.begins) >= MAX_FRAMES:
            return
        if not self.forms or self.forms[-1][1] != form:
            self.forms.append((len(self.begins), form))
        begins = NO_STAMP if stamp == "NOPTS" else int(stamp) * 10**9 // form.rate
        self.begins.append(begins if abs(begins) < MAX_TIME else NO_STAMP)
        self.samples.append(int(samples))


def decode_sound_frames(path: Path, opening: InputOptions, track: int, limits: Limits) -> SoundFrames:
    """Decode the audio track with that number, and return its frames.

    The exit code is ignored: a track that can't be decoded has no frames.
    """
    lines = _FrameLog()
    track_node = ffmpeg.source(path, limits, opening)[f"a:{track}"]
    output = ffmpeg.write(track_node, to="-", format="null", af="ashowinfo").global_args("-progress", "pipe:1")
    buffer = bytearray(PIPE_BYTES)
    with ffmpeg.reading(output, limits=limits, label="The audio decoder", on_line=lines) as process:
        while process.read_some(memoryview(buffer)):
            pass
        process.wait()
    begins, samples = (np.array(values, np.int64) for values in (lines.begins, lines.samples))
    frames = SoundFrames(begins, samples, tuple(lines.forms), lines.complaints)
    if not len(begins):
        return frames
    clean = without_slips(begins, int(np.median(frames.lengths)), NANOSECOND)
    return replace(frames, begins=clean, slips=int(np.count_nonzero(clean != begins)))
