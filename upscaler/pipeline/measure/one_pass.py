"""The decode pass: one ffmpeg, one decoder, every frame shown to every measurement."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.facts import Border
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.opening import Opening
from upscaler.pipeline.programs import ffmpeg
from upscaler.pipeline.timing.clock import Stamps, usual_step, without_slips

from .borders import Borders
from .duplicates import Duplicates
from .fields import IDET_KEY, Combing, FieldFacts, can_be_interlaced, field_facts
from .fields_pass import as_measured, idet_words
from .frame_headers import FrameHeader, FrameHeaders
from .luma import Planes
from .scenes import Scenes


@dataclass(frozen=True)
class Seen:
    """What the pass found; frames are counted as they were decoded."""

    stamps: Stamps
    """Presentation timestamps in ticks of the time base, in the order in which frames are shown."""
    slips: tuple[tuple[int, int], ...]
    """Ranges of frames whose own timestamp can't be right; ``stamps`` has none for them."""
    time_base: Fraction
    """Seconds of a tick."""
    headers: tuple[tuple[int, FrameHeader], ...]
    """What frames say of themselves, each with the decoded frame from which on it holds."""
    duplicates: bytes
    """A byte for every frame: 1 where it shows the same as the one before it."""
    cuts: list[int]
    poster: int
    border: Border
    fields: FieldFacts
    complaints: int
    complaint: str

    @property
    def frames(self) -> int:
        return len(self.stamps)


def see_every_frame(
    path: Path,
    opening: Opening,
    size: tuple[int, int],
    is_full_range: bool,
    limits: Limits,
    on_frame: Callable[[int], None] | None = None,
) -> Seen:
    """Decode a source once, in frames of one size (width, height).

    ``is_full_range`` says where black lies in its luma. ``on_frame`` is told the number of frames
    seen, every hundred frames. A decoder that fails half-way is no error: what it gave counts.
    """
    width, height = size
    combing = Combing() if can_be_interlaced(height) else None
    duplicates, scenes, borders = Duplicates(), Scenes(), Borders(width, height, is_full_range)
    headers = FrameHeaders()
    with tempfile.TemporaryDirectory(prefix="haloweb-analyse-") as folder:
        told = Path(folder, "frames")
        output = _output(path, opening, size, told, combing is not None, limits)
        frames = 0
        with ffmpeg.reading(output, limits=limits, says="The decoder", on_line=headers) as process:
            while True:
                data = np.empty(Planes.size(width, height), np.uint8)
                if process.read_into(memoryview(data.data)) < data.nbytes:
                    break
                planes = Planes.of(data, width, height)
                duplicates.see(planes)
                borders.see(planes)
                scenes.see(planes.luma)
                if combing is not None:
                    combing.see(planes.luma)
                frames += 1
                if on_frame and frames % 100 == 0:
                    on_frame(frames)
            process.wait()
            complaints, complaint = process.error_lines, process.tail
        words = idet_words(told)
    headers.finish()
    frames = min(frames, len(headers.stamps))
    raw = np.array(headers.stamps[:frames], np.int64)
    stamps = without_slips(raw, usual_step(raw), headers.time_base) if frames else raw
    return Seen(
        stamps=stamps,
        slips=_ranges(raw != stamps),
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
    path: Path, opening: Opening, size: tuple[int, int], told: Path, with_idet: bool, limits: Limits
) -> ffmpeg.Stream:
    """All frames through the pipe; what they say of themselves among the lines of information, and what idet says of
    them in a file.
    """
    frames = ffmpeg.source(path, limits, opening)[opening.pictures].filter("showinfo", checksum=0)
    frames = as_measured(frames, size)
    if with_idet:
        frames = frames.filter("idet").filter("metadata", mode="print", key=IDET_KEY, file=str(told))
    same: dict[str, str | int] = {"fps_mode": "passthrough", "enc_time_base": -1}
    return ffmpeg.write(frames.filter("setpts", "N"), to="pipe:", format="rawvideo", **same)


def _ranges(are: NDArray[np.bool_]) -> tuple[tuple[int, int], ...]:
    """The stretches in which something holds, each from its first to before its end."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], are, [False]))))
    return tuple((int(first), int(end)) for first, end in edges.reshape(-1, 2))
