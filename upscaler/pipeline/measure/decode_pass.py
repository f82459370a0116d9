"""The decode pass: one ffmpeg decodes each frame once for all measurements."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.facts import Border
from upscaler.pipeline.core.input_options import InputOptions
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.programs import ffmpeg
from upscaler.pipeline.timing.clock_runs import Stamps, median_step, without_slips

from .borders import Borders
from .duplicates import Duplicates
from .fields import IDET_KEY, Combing, FieldFacts, can_be_interlaced, field_facts
from .fields_pass import read_idet_log, scaled_to
from .frame_headers import FrameHeader, FrameHeaders
from .luma import Planes
from .scenes import Scenes


@dataclass(frozen=True)
class DecodePass:
    """The result of the pass. Frame numbers count decoded frames."""

    stamps: Stamps
    """Presentation timestamps in ticks of the time base, in presentation order."""
    slips: tuple[tuple[int, int], ...]
    """Ranges of frames with implausible timestamps, which ``stamps`` leaves out."""
    time_base: Fraction
    """Seconds per tick."""
    headers: tuple[tuple[int, FrameHeader], ...]
    """The headers of frames, each with its first decoded frame."""
    duplicates: bytes
    """A byte per frame: 1 where it repeats the one before it."""
    cuts: list[int]
    poster: int
    border: Border
    fields: FieldFacts
    complaints: int
    complaint: str

    @property
    def frames(self) -> int:
        return len(self.stamps)


def measure_frames(
    path: Path,
    opening: InputOptions,
    size: tuple[int, int],
    is_full_range: bool,
    limits: Limits,
    on_frame: Callable[[int], None] | None = None,
) -> DecodePass:
    """Decode a source once, in frames of one size (width, height).

    ``is_full_range`` is that of the luma. ``on_frame`` gets the number of decoded frames, every
    hundred frames. A decoder that fails partway is no error: its frames until then count.
    """
    width, height = size
    combing = Combing() if can_be_interlaced(height) else None
    duplicates, scenes, borders = Duplicates(), Scenes(), Borders(width, height, is_full_range)
    headers = FrameHeaders()
    with tempfile.TemporaryDirectory(prefix="haloweb-analyse-") as folder:
        idet_log = Path(folder, "frames")
        output = _output(path, opening, size, idet_log, combing is not None, limits)
        frames = 0
        with ffmpeg.reading(output, limits=limits, label="The decoder", on_line=headers) as process:
            while True:
                data = np.empty(Planes.size(width, height), np.uint8)
                if process.read_into(memoryview(data.data)) < data.nbytes:
                    break
                planes = Planes.of(data, width, height)
                duplicates.add(planes)
                borders.add(planes)
                scenes.add(planes.luma)
                if combing is not None:
                    combing.add(planes.luma)
                frames += 1
                if on_frame and frames % 100 == 0:
                    on_frame(frames)
            process.wait()
            complaints, complaint = process.error_lines, process.tail
        words = read_idet_log(idet_log)
    headers.finish()
    frames = min(frames, len(headers.stamps))
    raw = np.array(headers.stamps[:frames], np.int64)
    stamps = without_slips(raw, median_step(raw), headers.time_base) if frames else raw
    return DecodePass(
        stamps=stamps,
        slips=_true_ranges(raw != stamps),
        time_base=headers.time_base,
        headers=tuple((first, header) for first, header in headers.changes if first < frames),
        duplicates=duplicates.finish()[:frames],
        cuts=[cut for cut in scenes.cuts() if cut < frames],
        poster=min(scenes.poster, max(0, frames - 1)),
        border=borders.border(),
        fields=field_facts(words, combing) if combing else FieldFacts(),
        complaints=complaints,
        complaint=complaint,
    )


def _output(
    path: Path, opening: InputOptions, size: tuple[int, int], idet_log: Path, with_idet: bool, limits: Limits
) -> ffmpeg.Stream:
    """Return a graph that writes all frames to the pipe, their headers to the log, and idet's results to a file."""
    frames = ffmpeg.source(path, limits, opening)[opening.pictures].filter("showinfo", checksum=0)
    frames = scaled_to(frames, size)
    if with_idet:
        frames = frames.filter("idet").filter("metadata", mode="print", key=IDET_KEY, file=str(idet_log))
    same: dict[str, str | int] = {"fps_mode": "passthrough", "enc_time_base": -1}
    return ffmpeg.write(frames.filter("setpts", "N"), to="pipe:", format="rawvideo", **same)


def _true_ranges(are: NDArray[np.bool_]) -> tuple[tuple[int, int], ...]:
    """Return the ranges [first, end) of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], are, [False]))))
    return tuple((int(first), int(end)) for first, end in edges.reshape(-1, 2))
