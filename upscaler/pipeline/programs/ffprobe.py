"""Read the headers and packets of a file with ffprobe, or with ffmpeg's listing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from upscaler.pipeline.containers.formats import CODECS, CONTAINERS
from upscaler.pipeline.core.input_options import InputOptions
from upscaler.pipeline.core.limits import Limits

from .ffmpeg import CPU_SECONDS, file_url, logged_arguments, output_of, quiet, source, start, write

HEADER_CPU_SECONDS, LATE_CPU_SECONDS = 10, 120
"""Processor time in seconds to read headers, which takes 0.1 s, and to search 256 MiB for streams that begin late."""
SECTIONS = ("packet", "format")
"""The sections of ffprobe's output."""


def probe(path: Path, limits: Limits, *, opening: InputOptions | None = None, trusted: bool = False) -> dict[str, Any]:
    """Return ffprobe's report on a file: its "format", "streams" and "chapters".

    Raises PipelineError when ffprobe fails.
    """
    guards = [] if trusted else [
        "-format_whitelist", CONTAINERS,
        "-codec_whitelist", CODECS,
        "-max_pixels", str(limits.max_pixels),
    ]  # fmt: skip
    command = [
        "ffprobe", "-hide_banner", "-loglevel", "error", "-protocol_whitelist", "file,pipe", *guards,
        *(opening or InputOptions()).arguments(),
        "-show_format", "-show_streams", "-show_chapters", "-of", "json", "-i", file_url(path),
    ]  # fmt: skip
    return _json(command, limits, HEADER_CPU_SECONDS if opening is None else LATE_CPU_SECONDS)


@dataclass(frozen=True)
class PictureStream:
    """A video stream: its number among all streams, and its number of packets."""

    index: int
    packets: int
    is_cover: bool


def count_packets(path: Path, limits: Limits, opening: InputOptions) -> list[PictureStream]:
    """Return the video streams of a source. Their packets are counted where there are several."""
    shown = "stream=index,nb_read_packets:stream_disposition=attached_pic"
    command = [
        "ffprobe", "-hide_banner", "-loglevel", "error", "-protocol_whitelist", "file,pipe",
        "-format_whitelist", CONTAINERS, "-codec_whitelist", CODECS, *opening.arguments(),
        "-select_streams", "v", "-show_entries", shown, "-of", "json", "-i", file_url(path),
    ]  # fmt: skip
    streams = _json(command, limits).get("streams", [])
    if len(streams) > 1:
        streams = _json([*command[:-2], "-count_packets", *command[-2:]], limits).get("streams", [])
    return [
        PictureStream(
            index=stream["index"],
            packets=int(stream.get("nb_read_packets", 0)),
            is_cover=bool(stream.get("disposition", {}).get("attached_pic")),
        )
        for stream in streams
    ]


def _json(command: Sequence[str], limits: Limits, cpu_seconds: int = CPU_SECONDS) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(
        output_of(command, limits=limits, label="ffprobe", cpu_seconds=cpu_seconds) or b"{}"
    )
    return answer


def packet_times(path: Path, limits: Limits, opening: InputOptions, stream: str) -> list[Fraction]:
    """Return when the packets of a stream begin, in seconds after the container's start, in the order of the file.
    Nothing is decoded."""
    shown = "packet=pts_time:format=start_time"
    command = [
        "ffprobe", "-hide_banner", "-loglevel", "error", "-protocol_whitelist", "file,pipe",
        "-format_whitelist", CONTAINERS, "-codec_whitelist", CODECS, *opening.arguments(),
        "-select_streams", stream, "-show_entries", shown, "-of", "csv=p=1", "-i", file_url(path),
    ]  # fmt: skip
    rows = [line.split(",") for line in output_of(command, limits=limits, label="ffprobe").decode().split()]
    times = {name: [Fraction(row[1]) for row in rows if row[0] == name and _is_time(row[1:])] for name in SECTIONS}
    start = next(iter(times["format"]), Fraction(0))
    return [time - start for time in times["packet"]]


def _is_time(words: list[str]) -> bool:
    return bool(words) and words[0] not in ("N/A", "")


def listing(path: Path, limits: Limits) -> tuple[list[str], int]:
    """Return the lines that ffmpeg prints when it opens a source, and how many of them are errors.

    They name the streams that it can't open.
    """
    lines: list[str] = []
    opened = logged_arguments(write(source(path, limits, InputOptions()), to="pipe:", format="null"))
    command = ["ffmpeg", *quiet("level+info"), *opened[1 : opened.index("-i") + 2]]
    with start(command, limits=limits, label="ffmpeg", on_line=lines.append, cpu_seconds=HEADER_CPU_SECONDS) as process:
        process.read_into(memoryview(bytearray(1)))
        process.wait()  # without an output, it ends with an error after the listing
        return lines, max(0, process.error_lines - 1)
