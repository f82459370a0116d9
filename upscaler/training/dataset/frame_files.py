"""The frames of one capture on disk: JSON lines, an index of fixed size per frame, thumbnails, and marks.

``frames.jsonl`` is what people read. ``frames.index`` has a ROW per frame, so that a page costs its own lines only, and
hashes and bursts are read without parsing.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .files import disk_full_said, write_atomically
from .frame import NO_BURST, HarvestedFrame

LINES, INDEX, THUMBNAILS, MARKS = "frames.jsonl", "frames.index", "thumbnails", "marks"
ROW = np.dtype(
    [
        ("offset", "<u8"),
        ("length", "<u4"),
        ("thumbnail", "<u8"),
        ("thumbnail_length", "<u4"),
        ("number", "<u4"),
        ("burst", "<i4"),
        ("hash", "<u8"),
        ("brightness", "<f4"),
        ("motion", "<f4"),
        ("kept", "u1"),
    ]
)
"""Place of a frame's line and of its thumbnail, in bytes, and the values that are searched."""
PACKED = struct.Struct("<QIQIIiQffB")


class Mark(IntEnum):
    """What a person decided about a frame, against or with the harvest."""

    NONE = 0
    INCLUDED = 1
    EXCLUDED = 2


class Shown(StrEnum):
    """Which frames a page lists."""

    ALL = "all"
    KEPT = "kept"
    LEFT_OUT = "left-out"
    BURSTS = "bursts"
    """The middle frame of each burst of the harvest."""


@dataclass(frozen=True)
class FrameRow:
    """A frame of a page: as harvested, with its thumbnail's place, its mark, and whether it is kept after all."""

    frame: HarvestedFrame
    mark: Mark
    is_kept: bool


@dataclass(frozen=True)
class Page:
    """Some of ``total`` frames, from ``first`` on."""

    rows: tuple[FrameRow, ...]
    first: int
    total: int


def write_frames(folder: Path, frames: Iterable[HarvestedFrame]) -> None:
    """Write the frames of a harvest into a new folder, one after the other."""
    folder.mkdir(parents=True)
    with disk_full_said(), ExitStack() as files:
        lines, index, thumbnails = (
            files.enter_context((folder / name).open("wb")) for name in (LINES, INDEX, THUMBNAILS)
        )
        offset = place = 0
        for frame in frames:
            line = json.dumps(frame.to_json(), separators=(",", ":")).encode() + b"\n"
            lines.write(line)
            thumbnails.write(frame.thumbnail)
            size = len(frame.thumbnail)
            row = (
                offset,
                len(line),
                place,
                size,
                frame.number,
                frame.burst,
                frame.hash,
                frame.brightness,
                frame.motion,
            )
            index.write(PACKED.pack(*row, frame.kept))
            offset, place = offset + len(line), place + size


class FrameFiles:
    """Reads what ``write_frames`` wrote. Opens files for each call; memory is what the call returns."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def index(self) -> NDArray[np.void]:
        """Return the index, mapped into memory: an array of ROW."""
        path = self.folder / INDEX
        if not path.exists() or not path.stat().st_size:
            return np.empty(0, ROW)
        return np.memmap(path, ROW, "r")

    def marks(self) -> NDArray[np.uint8]:
        """Return the mark of each frame."""
        path = self.folder / MARKS
        return np.fromfile(path, np.uint8) if path.exists() else np.zeros(len(self.index()), np.uint8)

    def kept(self) -> NDArray[np.bool_]:
        """Return whether each frame is kept: as marked, else as harvested."""
        marks = self.marks()
        kept: NDArray[np.bool_] = np.where(marks == Mark.NONE, self.index()["kept"] != 0, marks == Mark.INCLUDED)
        return kept

    def mark(self, numbers: Sequence[int], mark: Mark) -> None:
        """Mark frames by their numbers. Raises ValueError for a number that the capture doesn't have."""
        marks = self.marks()
        wanted = np.asarray(numbers, np.int64)
        if len(wanted) and (wanted.min() < 0 or wanted.max() >= len(marks)):
            raise ValueError(f"The capture has frames 0 to {len(marks) - 1}.")
        marks[wanted] = mark
        write_atomically(self.folder / MARKS, marks.tobytes())

    def page(self, first: int, count: int, shown: Shown) -> Page:
        """Return up to ``count`` of the frames that ``shown`` names, from the ``first`` of them on."""
        rows = self._shown(shown)
        marks, kept = self.marks(), self.kept()
        chosen = rows[max(0, first) : max(0, first) + count]
        frames = self.frames(chosen)
        listed = tuple(
            FrameRow(frame, Mark(marks[row]), bool(kept[row])) for row, frame in zip(chosen, frames, strict=True)
        )
        return Page(listed, first, len(rows))

    def frames(self, rows: Iterable[int]) -> Iterator[HarvestedFrame]:
        """Yield frames by their rows, which are their numbers."""
        index = self.index()
        with (self.folder / LINES).open("rb") as lines:
            for row in rows:
                lines.seek(int(index[row]["offset"]))
                data: dict[str, Any] = json.loads(lines.read(int(index[row]["length"])))
                yield HarvestedFrame.from_json(data)

    def thumbnails(self, rows: Iterable[int]) -> Iterator[bytes]:
        """Yield thumbnails as JPEGs, by rows; an empty one for a picture that can't be read."""
        index = self.index()
        with (self.folder / THUMBNAILS).open("rb") as thumbnails:
            for row in rows:
                thumbnails.seek(int(index[row]["thumbnail"]))
                yield thumbnails.read(int(index[row]["thumbnail_length"]))

    def _shown(self, shown: Shown) -> NDArray[np.int64]:
        if shown is Shown.ALL:
            return np.arange(len(self.index()))
        if shown is Shown.BURSTS:
            return _middles(np.asarray(self.index()["burst"]))
        return np.flatnonzero(self.kept() if shown is Shown.KEPT else ~self.kept())


def _middles(bursts: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the row of the middle frame of each burst. The rows of a burst are consecutive, or a still's only one."""
    inside = np.flatnonzero(bursts != NO_BURST)
    if not len(inside):
        return inside
    starts = np.flatnonzero(np.diff(bursts[inside], prepend=NO_BURST))
    ends = np.append(starts[1:], len(inside))
    return np.asarray(inside[(starts + ends) // 2], np.int64)
