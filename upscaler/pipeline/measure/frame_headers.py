"""What each decoded frame says of itself: its time, its size, its shape, its colours."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass
from fractions import Fraction

from upscaler.pipeline.timing.clock import NO_STAMP

PREFIX = r"^\[\S*showinfo\S* @ 0x[0-9a-f]+\] \[info\] "
TIME_BASE = re.compile(PREFIX + r"config in time_base: (\d+/\d+)")
FRAME = re.compile(PREFIX + r"n: *\d+ pts: *(-?\w+) .*fmt:\S+ (?:cl:\S+ )?sar:(\d+)/(\d+) s:(\d+)x(\d+) ")
COLOUR = re.compile(PREFIX + r"color_range:(\S+) color_space:(\S+)")
MOST_CHANGES = 200
"""Of a file that says something new every few frames, more is noise."""


@dataclass(frozen=True)
class FrameHeader:
    """What holds from a decoded frame on; words as ffmpeg says them."""

    width: int
    height: int
    sar: Fraction
    """1 where the file does not say."""
    color_range: str = "unknown"
    color_space: str = "unknown"


class FrameHeaders:
    """Reads the lines of ffmpeg's showinfo filter: call it with each."""

    def __init__(self) -> None:
        self.stamps = array("q")
        """Presentation timestamps of all frames in ticks, NO_STAMP where there is none."""
        self.changes: list[tuple[int, FrameHeader]] = []
        """Each with the number of the decoded frame from which on it holds; the first is that of frame 0."""
        self.time_base = Fraction(0)
        """Seconds of a tick."""
        self._seen: tuple[int, int, int, int] | None = None
        self._colour = ("unknown", "unknown")

    def __call__(self, line: str) -> None:
        if found := FRAME.match(line):
            self._settle()
            stamp, *sizes = found.groups()
            self.stamps.append(NO_STAMP if stamp == "NOPTS" else int(stamp))
            across, down, width, height = (int(one) for one in sizes)
            self._seen = across, down, width, height
        elif found := COLOUR.match(line):
            self._colour = found[1], found[2]
        elif found := TIME_BASE.match(line):
            self.time_base = Fraction(found[1])

    def finish(self) -> None:
        """No line comes any more."""
        self._settle()

    def _settle(self) -> None:
        """A frame's colours come on the line behind its own."""
        if self._seen is None:
            return
        across, down, width, height = self._seen
        sar = Fraction(across, down) if across and down else Fraction(1)
        if not Fraction(1, 4) <= sar <= 4:  # nonsense, as in probe.py
            sar = Fraction(1)
        header = FrameHeader(width, height, sar, *self._colour)
        if (not self.changes or self.changes[-1][1] != header) and len(self.changes) < MOST_CHANGES:
            self.changes.append((len(self.stamps) - 1, header))
        self._seen = None
