"""Results of an evaluation as lines of JSON, one per frame and contestant, so that a killed evaluation goes on.

The first line holds the format and the sampling. A line is written whole or, where the program was killed, ends early
and is dropped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from upscaler.pipeline.core.errors import Refused

from .clips import Sampling

FORMAT = 1
"""Of the rows and of the measures in them: raised when either changes, so that values of two kinds aren't mixed."""


@dataclass(frozen=True)
class Key:
    """One contestant on one clip. ``fingerprint`` tells versions of one name apart."""

    case: str
    contestant: str
    fingerprint: str


@dataclass(frozen=True)
class FrameRow:
    """One frame that one contestant enlarged. The measures are those of FrameMeasures, ``blocking`` and ``flicker``."""

    key: Key
    codec: str
    map: str
    number: int
    motion: float
    psnr_y: float
    ssim_y: float
    gmsd: float
    haarpsi: float
    sharpness: float
    colour_shift: tuple[float, float, float]
    blocking: float
    flicker: float | None
    """None for the first frame of a burst, and where everything moves."""
    cpu_seconds: float
    """Processor time of the enlargement, all threads together."""
    seconds: float
    """Time on the clock of the enlargement."""


@dataclass(frozen=True)
class ClipRow:
    """A clip that a contestant has enlarged to its end, and the measures of all of its evaluated frames together."""

    key: Key
    frames: int
    vmaf_neg: float | None
    """VMAF (vmaf_v0.6.1neg), 0 to 100; None where it wasn't measured."""
    xpsnr_y: float | None
    """XPSNR of luma in dB; None where it wasn't measured."""


Row = FrameRow | ClipRow
KINDS: dict[str, type[FrameRow] | type[ClipRow]] = {"frame": FrameRow, "clip": ClipRow}


class RowFile:
    """Rows that were measured before, and a file to which new ones are appended. Use it as a context manager.

    Raises Refused if the file holds rows of another sampling or format.
    """

    def __init__(self, path: Path, sampling: Sampling) -> None:
        self._path = path
        self._sampling = sampling
        self._file: TextIO | None = None
        self.frames: dict[tuple[Key, int], FrameRow] = {}
        self.clips: dict[Key, ClipRow] = {}

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._cut_unfinished_line()
        lines = list(_lines(self._path))
        if lines and _sampling(lines[0], self._path) != self._sampling:
            raise Refused(f"{self._path.name} holds an evaluation of other frames. Choose another file or folder.")
        self._file = self._path.open("a")
        if not lines:
            self._write({"format": FORMAT, "sampling": asdict(self._sampling)})
        for row in map(_row, lines[1:]):
            self._keep(row)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, row: Row) -> None:
        """Append a row, and flush it to the file."""
        self._write({"kind": next(name for name, kind in KINDS.items() if isinstance(row, kind)), **asdict(row)})
        self._keep(row)

    def of(self, keys: Iterable[Key]) -> list[Row]:
        """Return the rows of these contestants on these clips, in the order of ``keys``."""
        by_key: dict[Key, list[Row]] = {key: [] for key in keys}
        rows: list[Row] = [*self.frames.values(), *self.clips.values()]
        for row in rows:
            if row.key in by_key:
                by_key[row.key].append(row)
        return [row for each in by_key.values() for row in each]

    def _keep(self, row: Row) -> None:
        if isinstance(row, FrameRow):
            self.frames[row.key, row.number] = row
        else:
            self.clips[row.key] = row

    def _write(self, data: dict[str, Any]) -> None:
        assert self._file is not None
        self._file.write(json.dumps(data) + "\n")
        self._file.flush()

    def _cut_unfinished_line(self) -> None:
        if not self._path.is_file():
            return
        whole = self._path.read_bytes().rpartition(b"\n")
        if whole[2]:
            with self._path.open("r+b") as file:
                file.truncate(len(whole[0]) + len(whole[1]))


def read_rows(path: Path) -> tuple[Sampling, list[Row]]:
    """Return the sampling and all rows of a file. Raises Refused if it is empty, or of another version's format."""
    lines = list(_lines(path))
    if not lines:
        raise Refused(f"{path.name} holds no evaluation.")
    return _sampling(lines[0], path), [_row(line) for line in lines[1:]]


def _sampling(header: dict[str, Any], path: Path) -> Sampling:
    """Return the sampling of a file. Raises Refused if another version of HaloWeb measured otherwise."""
    if header.get("format") != FORMAT:
        raise Refused(f"{path.name} was written by another version of HaloWeb. Choose another file or folder.")
    return Sampling(**header["sampling"])


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if path.is_file():
        with path.open() as file:
            yield from (json.loads(line) for line in file if line.endswith("\n"))


def _row(data: dict[str, Any]) -> Row:
    kind = KINDS[data.pop("kind")]
    data["key"] = Key(**data["key"])
    if "colour_shift" in data:
        data["colour_shift"] = tuple(data["colour_shift"])
    return kind(**data)
