"""Check whether subtitles can be read, for those that have to be converted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from upscaler.pipeline.core.input_options import InputOptions
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.stream_facts import SubtitleStream
from upscaler.pipeline.programs import ffmpeg
from upscaler.pipeline.programs.process import PIPE_BYTES

from .track_plan import CONVERTED_SUBTITLES

TIMES = b" --> "


def with_readability(path: Path, opening: InputOptions, stream: SubtitleStream, limits: Limits) -> SubtitleStream:
    """Return the stream, with the reason if no line of it can be converted."""
    if stream.codec not in CONVERTED_SUBTITLES:
        return stream
    words = ffmpeg.source(path, limits, opening)[f"s:{stream.index}"]
    output = ffmpeg.write(words, to="pipe:", format="srt", **{"c:s": "srt"})
    buffer = bytearray(PIPE_BYTES)
    lines = 0
    with ffmpeg.reading(output, limits=limits, label="The subtitle decoder") as process:
        while count := process.read_into(memoryview(buffer)):
            lines += buffer[:count].count(TIMES)
        process.wait()
        errors = process.tail
    if lines:
        return stream
    why = "its text isn't UTF-8" if "UTF-8" in errors else "none of its lines can be read"
    return replace(stream, silent=why)
