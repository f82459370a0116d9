"""Write a source's sound on its timeline, as raw PCM of one form.

The samples are copied here and not by ffmpeg, because ffmpeg handles the clock of one stream at a time, and restarts
its filters where the form of the sound changes.
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
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.stream_facts import AudioStream, SoundForm
from upscaler.pipeline.programs import ffmpeg
from upscaler.pipeline.programs.process import Process
from upscaler.pipeline.timing.clock_runs import NO_STAMP
from upscaler.pipeline.timing.source_clock import shift_per_frame

from .sound_format import SAMPLE_BYTES, STANDARD_BIT, encodable_form
from .sound_frames import SoundFrames, decode_sound_frames

MAX_DRIFT = Fraction(1, 100)
"""Seconds by which a frame may differ from its time before silence is inserted or samples are left out. Timestamps that
are rounded to milliseconds stay below it."""
RESAMPLER_LOSS = 16
"""Samples that ffmpeg's resampler loses when it restarts at a change of form (measured)."""
READ_FRAMES = 1 << 16


@dataclass(frozen=True)
class PcmFile:
    """A file of raw PCM samples."""

    path: Path
    form: SoundForm
    samples: str = STANDARD_BIT
    """"s16" or "s32"."""

    def node(self) -> ffmpeg.Stream:
        """Return the input node for ffmpeg."""
        form = {"ch_layout": self.form.layout} if self.form.layout else {"channels": self.form.channels}
        return ffmpeg.trusted_file(self.path, format=f"{self.samples}le", sample_rate=self.form.rate, **form)["a:0"]


@dataclass(frozen=True)
class _Span:
    """Decoded samples [first, end), at sample ``place`` of the timeline."""

    first: int
    end: int
    place: int


def write_sound_timeline(
    source: Path,
    facts: Facts,
    stream: AudioStream,
    target: Path,
    limits: Limits,
    *,
    form: SoundForm | None = None,
    samples: str = STANDARD_BIT,
    start: Fraction = Fraction(0),
    seconds: Fraction | None = None,
) -> PcmFile:
    """Write a stream of the source into ``target``, from ``start`` in seconds of the timeline.

    Silence fills a late start and gaps. ``seconds`` cuts or pads it to that length; by default, it ends with the
    stream, or at the maximum duration of a video. ``form`` is encodable_form(stream) by default. Raises
    PipelineError where no sample can be decoded.
    """
    target_form = form or encodable_form(stream)
    frames = decode_sound_frames(source, facts.opening, stream.index, limits)
    frame_bytes = target_form.channels * SAMPLE_BYTES[samples]
    length = round((limits.max_seconds if seconds is None else seconds) * target_form.rate)
    track_node = ffmpeg.source(source, limits, facts.opening)[f"a:{stream.index}"]
    audio_filter = f"{_layout_filter(stream, target_form)}aformat=sample_fmts={samples}:sample_rates={target_form.rate}"
    output = ffmpeg.write(track_node, to="pipe:", format=f"{samples}le", acodec=f"pcm_{samples}le", af=audio_filter)
    with target.open("wb") as file, ffmpeg.reading(output, limits=limits, label="The audio decoder") as process:
        reader = _Reader(process, frame_bytes)
        for span in _spans(frames, stream, target_form.rate, start):
            _write_span(file, reader, span, frame_bytes, length)
        process.drain()
        if seconds is not None:
            file.truncate(length * frame_bytes)
        process.wait()
        detail = process.tail
    if not reader.taken:
        raise PipelineError(f"No part of sound track {stream.index + 1} can be decoded.", permanent=True, detail=detail)
    return PcmFile(target, target_form, samples)


def _layout_filter(stream: AudioStream, form: SoundForm) -> str:
    """Return a filter that relabels mono and stereo channels without mixing, or sets the layout."""
    if form.channels == stream.channels <= 2 and stream.forms == 1:
        return "pan=mono|c0=c0," if form.channels == 1 else "pan=stereo|c0=c0|c1=c1,"
    return f"aformat=channel_layouts={form.layout}," if form.layout else ""


def _spans(frames: SoundFrames, stream: AudioStream, rate: int, start: Fraction) -> list[_Span]:
    """Return stretches of frames that follow each other within MAX_DRIFT of their times."""
    if not len(frames.begins):
        return []
    seconds = frames.lengths / 1e9
    bounds = np.concatenate(([0], np.round(np.cumsum(seconds) * rate).astype(np.int64)))
    for (_, before), (change, _) in pairwise(frames.forms):
        if before.rate != rate:
            bounds[change + 1 :] -= RESAMPLER_LOSS
    times = frames.begins / 1e9 - float(start)
    times += shift_per_frame(stream.shifts, len(times))
    offsets = np.round(times * rate) - bounds[:-1]
    is_known = frames.begins != NO_STAMP
    offsets[~is_known] = np.nan
    spans: list[_Span] = []
    at, offset = 0, 0.0
    while at < len(offsets):
        if is_known[at]:
            offset = float(offsets[at])
        end = max(at + 1, _first_drifted(offsets, at, offset, float(MAX_DRIFT) * rate))
        spans.append(_Span(int(bounds[at]), int(bounds[end]), int(bounds[at] + offset)))
        at = end
    return spans


def _first_drifted(offsets: NDArray[np.float64], start: int, offset: float, most: float) -> int:
    """Return the first frame from ``start`` on that is more than ``most`` samples from its time. Searches in blocks,
    since the next one may be near."""
    block = 64
    while start < len(offsets):
        apart = np.flatnonzero(np.abs(offsets[start : start + block] - offset) > most)
        if len(apart):
            return start + int(apart[0])
        start, block = start + block, 2 * block
    return len(offsets)


class _Reader:
    """Reads the samples of a decoder, in order."""

    def __init__(self, process: Process, frame_bytes: int) -> None:
        self._process = process
        self._frame_bytes = frame_bytes
        self._buffer = bytearray(READ_FRAMES * frame_bytes)
        self.taken = 0
        """Number of samples per channel read so far."""

    def take(self, samples: int) -> memoryview:
        """Read up to so many samples, and up to READ_FRAMES; fewer at the end."""
        size = min(samples, READ_FRAMES) * self._frame_bytes
        view = memoryview(self._buffer)[:size]
        count = self._process.read_into(view) // self._frame_bytes
        self.taken += count
        return view[: count * self._frame_bytes]


def _write_span(file: BinaryIO, reader: _Reader, span: _Span, frame_bytes: int, length: int) -> None:
    """Write a span at its place. Samples before the end of the previous span, or beyond the limits, are left out."""
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
