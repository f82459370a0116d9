"""Can the subtitles be read? Asked only of those that have to be converted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from upscaler.pipeline.core.facts import SubtitleStream
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.opening import Opening
from upscaler.pipeline.programs import ffmpeg
from upscaler.pipeline.programs.process import PIPE_BYTES

from .track_plan import CONVERTED_SUBTITLES

TIMES = b" --> "


def readable(path: Path, opening: Opening, stream: SubtitleStream, limits: Limits) -> SubtitleStream:
    """The stream, with why it can't be converted if not one line of it can."""
    if stream.codec not in CONVERTED_SUBTITLES:
        return stream
    words = ffmpeg.source(path, limits, opening)[f"s:{stream.index}"]
    output = ffmpeg.write(words, to="pipe:", format="srt", **{"c:s": "srt"})
    buffer = bytearray(PIPE_BYTES)
    lines = 0
    with ffmpeg.reading(output, limits=limits, says="The subtitles' decoder") as process:
        while count := process.read_into(memoryview(buffer)):
            lines += buffer[:count].count(TIMES)
        process.wait()
        said = process.tail
    if lines:
        return stream
    why = "its text is not UTF-8" if "UTF-8" in said else "none of its lines can be read"
    return replace(stream, silent=why)
