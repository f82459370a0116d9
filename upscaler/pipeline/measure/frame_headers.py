"""Timestamp, size, aspect ratio and colour tags of each decoded frame."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass
from fractions import Fraction

from upscaler.pipeline.timing.clock_runs import NO_STAMP

PREFIX = r"^\[\S*showinfo\S* @ 0x[0-9a-f]+\] \[info\] "
TIME_BASE = re.compile(PREFIX + r"config in time_base: (\d+/\d+)")
FRAME = re.compile(PREFIX + r"n: *\d+ pts: *(-?\w+) .*fmt:\S+ (?:cl:\S+ )?sar:(\d+)/(\d+) s:(\d+)x(\d+) ")
COLOUR = re.compile(PREFIX + r"color_range:(\S+) color_space:(\S+)")
MAX_CHANGES = 200
"""More changes of the header are noise."""


@dataclass(frozen=True)
class FrameHeader:
    """The header data from a decoded frame on, with ffmpeg's names."""

    width: int
    height: int
    sar: Fraction
    """1 where the file has no aspect ratio."""
    color_range: str = "unknown"
    color_space: str = "unknown"


class FrameHeaders:
    """Parses the lines of ffmpeg's showinfo filter. Call it with each line."""

    def __init__(self) -> None:
        self.stamps = array("q")
        """Presentation timestamps of all frames in ticks, NO_STAMP where there is none."""
        self.changes: list[tuple[int, FrameHeader]] = []
        """Each header with the number of its first decoded frame; the first is that of frame 0."""
        self.time_base = Fraction(0)
        """Seconds per tick."""
        self._seen: tuple[int, int, int, int] | None = None
        self._colour = ("unknown", "unknown")

    def __call__(self, line: str) -> None:
        if match := FRAME.match(line):
            self._record()
            stamp, *sizes = match.groups()
            self.stamps.append(NO_STAMP if stamp == "NOPTS" else int(stamp))
            across, down, width, height = (int(number) for number in sizes)
            self._seen = across, down, width, height
        elif match := COLOUR.match(line):
            self._colour = match[1], match[2]
        elif match := TIME_BASE.match(line):
            self.time_base = Fraction(match[1])

    def finish(self) -> None:
        """Process the last frame, after the last line."""
        self._record()

    def _record(self) -> None:
        """Record the last frame, once its colours are known from the line after it."""
        if self._seen is None:
            return
        across, down, width, height = self._seen
        sar = Fraction(across, down) if across and down else Fraction(1)
        if not Fraction(1, 4) <= sar <= 4:  # implausible, as in probe.py
            sar = Fraction(1)
        header = FrameHeader(width, height, sar, *self._colour)
        if (not self.changes or self.changes[-1][1] != header) and len(self.changes) < MAX_CHANGES:
            self.changes.append((len(self.stamps) - 1, header))
        self._seen = None
