"""The decode pass: one ffmpeg, one decoder, every frame shown to every measurement."""

from __future__ import annotations

import contextlib
import tempfile
from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import ffmpeg
from ..errors import PipelineError
from ..facts import Border
from ..limits import Limits
from ..rate import NO_STAMP
from .borders import Borders
from .duplicates import Duplicates
from .fields import IDET_KEY, Combing, FieldFacts, can_be_interlaced, field_facts
from .luma import Planes
from .scenes import Scenes

SEEN_KEY = "seen"


@dataclass(frozen=True)
class Seen:
    """What the pass found; frames are counted as they were decoded."""

    stamps: array[int]
    """Presentation timestamps in ticks of the stream's time base, in the order in which frames are shown."""
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
    with tempfile.TemporaryDirectory(prefix="haloweb-analyse-") as folder:
        told = Path(folder, "frames")
        output = _output(path, size, told, combing is not None, limits)
        frames = 0
        with ffmpeg.reading(output, limits=limits, says="The decoder") as process:
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
            with contextlib.suppress(PipelineError):  # what decoded counts, not the exit code
                process.finish()
            complaints, complaint = process.error_lines, process.tail
        stamps, words = _read(told)
    frames = min(frames, len(stamps))
    return Seen(
        stamps=stamps[:frames],
        duplicates=duplicates.finish()[:frames],
        cuts=[cut for cut in scenes.cuts() if cut < frames],
        poster=min(scenes.poster, max(0, frames - 1)),
        border=borders.border(),
        fields=field_facts(words, combing) if combing else FieldFacts(),
        complaints=complaints,
        complaint=complaint,
    )


def _output(path: Path, size: tuple[int, int], told: Path, with_idet: bool, limits: Limits) -> ffmpeg.Stream:
    """All frames through the pipe; their timestamps, and what idet says of them, into a file.

    The first filter brings every frame to one size; between equal ranges the second copies the luma as it is.
    A muxer would change timestamps that go back, so a filter writes them down; it does so beside a key only.
    """
    frames = ffmpeg.source(path, limits)[ffmpeg.PICTURES].filter("scale", w=size[0], h=size[1])
    frames = frames.filter("scale", in_range="full", out_range="full").filter("format", "yuv420p")
    marked = frames.filter("idet") if with_idet else frames.filter("metadata", mode="add", key=SEEN_KEY, value="1")
    marked = marked.filter("metadata", mode="print", key=IDET_KEY if with_idet else SEEN_KEY, file=str(told))
    same: dict[str, str | int] = {"fps_mode": "passthrough", "enc_time_base": -1}
    return ffmpeg.write(marked.filter("setpts", "N"), to="pipe:", format="rawvideo", **same)


def _read(told: Path) -> tuple[array[int], Counter[str]]:
    """Timestamps, NO_STAMP where a frame has none, and how often idet said what."""
    stamps, words = array("q"), Counter[str]()
    if told.exists():
        with told.open() as lines:
            for line in lines:
                if line.startswith("frame:"):
                    stamp = line.split("pts:")[1].split()[0]
                    stamps.append(NO_STAMP if stamp == "NOPTS" else int(stamp))
                elif line.startswith(IDET_KEY):
                    words[line.partition("=")[2].strip()] += 1
    return stamps, words
