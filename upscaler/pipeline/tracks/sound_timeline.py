"""A source's sound in the account of its time: as bare samples in a file, each at its place, in one form throughout.

Samples go through our hands, because ffmpeg knows the clock of one stream at a time, and begins its filters again where
the form of the sound changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.facts import AudioStream, Facts, SoundForm
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.programs import ffmpeg
from upscaler.pipeline.programs.process import Process
from upscaler.pipeline.timing.clock import NO_STAMP, moved_by

from .sound_format import SAMPLE_BYTES, USUAL, form_of
from .sound_frames import SoundFrames, sound_frames

APART = Fraction(1, 100)
"""Seconds by which a frame may lie beside its time before silence is put in, or samples are left out. Containers that
round timestamps to milliseconds stay below it."""
LOST = 16
"""Samples that ffmpeg's resampler keeps to itself when the form changes and it is begun again (measured)."""
READ_FRAMES = 1 << 16


@dataclass(frozen=True)
class LaidSound:
    """A file of bare samples."""

    path: Path
    form: SoundForm
    samples: str = USUAL
    """"s16" or "s32"."""

    def node(self) -> ffmpeg.Stream:
        """As an input of ffmpeg."""
        form = {"ch_layout": self.form.layout} if self.form.layout else {"channels": self.form.channels}
        return ffmpeg.own_file(self.path, format=f"{self.samples}le", sample_rate=self.form.rate, **form)["a:0"]


@dataclass(frozen=True)
class _Span:
    """Samples [first, end) of what decodes, at sample ``place`` of the account."""

    first: int
    end: int
    place: int


def lay_sound(
    source: Path,
    facts: Facts,
    stream: AudioStream,
    target: Path,
    limits: Limits,
    *,
    form: SoundForm | None = None,
    samples: str = USUAL,
    start: Fraction = Fraction(0),
    seconds: Fraction | None = None,
) -> LaidSound:
    """Write a stream of the source into ``target``, from ``start`` on in seconds of the account.

    Silence stands in for a late start and for gaps. ``seconds`` cuts and fills it up to that length; without, it ends
    where it ends, or with the longest film that is taken. ``form`` is form_of(stream) unless another is wanted. Raises
    PipelineError where not a sample of it can be decoded.
    """
    wanted = form or form_of(stream)
    found = sound_frames(source, facts.opening, stream.index, limits)
    frame_bytes = wanted.channels * SAMPLE_BYTES[samples]
    length = round((limits.max_seconds if seconds is None else seconds) * wanted.rate)
    heard = ffmpeg.source(source, limits, facts.opening)[f"a:{stream.index}"]
    into = f"{_layout_filter(stream, wanted)}aformat=sample_fmts={samples}:sample_rates={wanted.rate}"
    output = ffmpeg.write(heard, to="pipe:", format=f"{samples}le", acodec=f"pcm_{samples}le", af=into)
    with target.open("wb") as file, ffmpeg.reading(output, limits=limits, says="The sound's decoder") as process:
        reader = _Reader(process, frame_bytes)
        for span in _spans(found, stream, wanted.rate, start):
            _lay(file, reader, span, frame_bytes, length)
        process.drain()
        if seconds is not None:
            file.truncate(length * frame_bytes)
        process.wait()
        detail = process.tail
    if not reader.taken:
        raise PipelineError(f"No part of sound track {stream.index + 1} can be decoded.", permanent=True, detail=detail)
    return LaidSound(target, wanted, samples)


def _layout_filter(stream: AudioStream, form: SoundForm) -> str:
    """From one loudspeaker to another of the same number nothing is mixed, only named."""
    if form.channels == stream.channels <= 2 and stream.forms == 1:
        return "pan=mono|c0=c0," if form.channels == 1 else "pan=stereo|c0=c0|c1=c1,"
    return f"aformat=channel_layouts={form.layout}," if form.layout else ""


def _spans(found: SoundFrames, stream: AudioStream, rate: int, start: Fraction) -> list[_Span]:
    """What decodes in one piece: frames that follow each other within APART of their times."""
    if not len(found.begins):
        return []
    seconds = found.lengths / 1e9
    bounds = np.concatenate(([0], np.round(np.cumsum(seconds) * rate).astype(np.int64)))
    for (_, before), (change, _) in pairwise(found.forms):
        if before.rate != rate:
            bounds[change + 1 :] -= LOST
    times = found.begins / 1e9 - float(start)
    times += moved_by(stream.shifts, len(times))
    offsets = np.round(times * rate) - bounds[:-1]
    is_known = found.begins != NO_STAMP
    offsets[~is_known] = np.nan
    spans: list[_Span] = []
    at, offset = 0, 0.0
    while at < len(offsets):
        if is_known[at]:
            offset = float(offsets[at])
        end = max(at + 1, _first_apart(offsets, at, offset, float(APART) * rate))
        spans.append(_Span(int(bounds[at]), int(bounds[end]), int(bounds[at] + offset)))
        at = end
    return spans


def _first_apart(offsets: NDArray[np.float64], start: int, offset: float, most: float) -> int:
    """The first frame from ``start`` on that lies more than ``most`` samples beside its time; in blocks, since the next
    one may be near."""
    block = 64
    while start < len(offsets):
        apart = np.flatnonzero(np.abs(offsets[start : start + block] - offset) > most)
        if len(apart):
            return start + int(apart[0])
        start, block = start + block, 2 * block
    return len(offsets)


class _Reader:
    """The samples of a decoder, in order."""

    def __init__(self, process: Process, frame_bytes: int) -> None:
        self._process = process
        self._frame_bytes = frame_bytes
        self._buffer = bytearray(READ_FRAMES * frame_bytes)
        self.taken = 0
        """Samples of all channels that came so far."""

    def take(self, samples: int) -> memoryview:
        """At most so many, and at most READ_FRAMES; fewer at the end, where there are none any more."""
        wanted = min(samples, READ_FRAMES) * self._frame_bytes
        view = memoryview(self._buffer)[:wanted]
        count = self._process.read_into(view) // self._frame_bytes
        self.taken += count
        return view[: count * self._frame_bytes]


def _lay(file: BinaryIO, reader: _Reader, span: _Span, frame_bytes: int, length: int) -> None:
    """A span at its place. What comes before the end of what was laid, or the start, or behind the end, is left out."""
    reader_at = span.first
    while reader.taken < reader_at and len(reader.take(reader_at - reader.taken)):
        pass
    while reader_at < span.end and len(piece := reader.take(span.end - reader_at)):
        count = len(piece) // frame_bytes
        place = span.place + reader_at - span.first
        skip = min(count, max(0, file.tell() // frame_bytes - place))
        last = max(skip, min(count, length - place))
        if last > skip:
            file.seek((place + skip) * frame_bytes)
            file.write(piece[skip * frame_bytes : last * frame_bytes])
        reader_at += count
