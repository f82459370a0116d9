"""Times of the packets of one stream, without decoding."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from upscaler.pipeline.core.input_options import InputOptions
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.programs import ffmpeg


@dataclass(frozen=True)
class Packets:
    """Times in ticks of ``time_base`` seconds after the container's start, in the order of the file."""

    time_base: Fraction
    begins: array[int]
    lasts: array[int]


def read_packets(path: Path, opening: InputOptions, stream: str, limits: Limits) -> Packets:
    """Read the packets of a stream by ffmpeg's specifier, such as "a:0". The exit code is ignored."""
    listing = ffmpeg.write(ffmpeg.source(path, limits, opening)[stream], to="pipe:", format="framecrc", c="copy")
    time_base, begins, lasts = Fraction(1), array("q"), array("q")
    with ffmpeg.reading(listing, limits=limits, label="The demuxer") as process:
        while line := process.read_line(limits.stall_seconds):
            if line.startswith(b"#tb 0:"):
                time_base = Fraction(line.split(b":")[1].strip().decode())
            elif not line.startswith(b"#"):
                begin, last = (int(figure) for figure in line.split(b",")[2:4])
                begins.append(begin)
                lasts.append(last)
        process.wait()
    return Packets(time_base, begins, lasts)
