"""Frame times of a finished file, from decoding all of it rather than from its headers."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.programs import ffmpeg
from upscaler.pipeline.programs.process import PIPE_BYTES


@dataclass(frozen=True)
class Shown:
    """The frames of a file, by their times."""

    time_base: Fraction
    """Seconds per tick."""
    stamps: tuple[int, ...]
    """When each frame is shown, in ticks, in the order of decoding."""
    complaints: int
    """Number of the decoder's error lines."""

    @property
    def frames(self) -> int:
        return len(self.stamps)

    def duration(self, rate: Fraction) -> Fraction:
        """Return the seconds from the first frame's start to the last one's end, at ``rate`` frames per second."""
        if not self.stamps:
            return Fraction(0)
        return (self.stamps[-1] - self.stamps[0]) * self.time_base + 1 / rate

    def misplaced(self, rate: Fraction) -> int:
        """Count the frames that aren't where a constant ``rate`` puts them, to the tick."""
        return sum(
            abs((stamp - self.stamps[0]) * self.time_base - number / rate) > self.time_base
            for number, stamp in enumerate(self.stamps)
        )


def shown(path: Path, limits: Limits) -> Shown:
    """Decode one of our own files. Raises PipelineError when it can't be decoded without an error."""
    small = ffmpeg.trusted_file(path)["v:0"].filter("scale", 2, 2, flags="neighbor").filter("format", "gray")
    output = ffmpeg.write(small, to="pipe:", format="framecrc", fps_mode="passthrough", enc_time_base=-1)
    parts = []
    buffer = bytearray(PIPE_BYTES)
    with ffmpeg.reading(output, limits=limits, label="The check's decoder") as process:
        while count := process.read_into(memoryview(buffer)):
            parts.append(bytes(buffer[:count]))
        process.finish()
        complaints = process.error_lines
    time_base = Fraction(1)
    stamps = []
    for line in b"".join(parts).decode().splitlines():
        if line.startswith("#tb 0:"):
            time_base = Fraction(line.split(":")[1].strip())
        elif not line.startswith("#"):
            stamps.append(int(line.split(",")[2]))
    return Shown(time_base, tuple(stamps), complaints)
