"""List the streams of a file, including those that begin late, even if one of them can't be opened.

ffprobe rejects a whole file for one stream whose codec is not allowed, or whose header is damaged. Then ffmpeg's
listing names the streams, and each video stream is probed in a copy of its first seconds.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from upscaler.pipeline.core.errors import Interrupted, PipelineError, Refused, TooMuch
from upscaler.pipeline.core.input_options import DEFAULT_INPUT, InputOptions
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.programs import ffmpeg, ffprobe

NOT_A_VIDEO = (
    "This isn't a video that HaloWeb can read. Use the original file, such as a WMV, AVI, FLV, MOV, MPEG or MP4."
)
TOO_LONG_HEADERS = (
    "The headers of this file take too long to read: it has too many tags or tables. "
    "Copy it with ffmpeg -i FILE -map_metadata -1 -c copy NEW, then use the copy."
)
UNLISTED = ("mpeg", "mpegts")
"""Containers without a list of their streams: a stream is known from its first packet on."""
DEFAULT_PROBE_BYTES, DEFAULT_PROBE_MICROSECONDS = 5_000_000, 5_000_000
"""How far ffmpeg reads by default."""
MAX_PROBE_BYTES, MAX_PROBE_MICROSECONDS = 1 << 28, 3_600_000_000
"""256 MiB, which ffmpeg keeps in memory, or an hour. Streams that begin later are not found."""
SAMPLE_SECONDS = 5
STREAM = re.compile(
    r"^\[info\] +Stream #0:(\d+)(?:\[0x[0-9a-f]+\])?(?:\((\w+)\))?: "
    r"(Video|Audio|Subtitle|Data|Attachment): (\w+)(.*)"
)
INPUT = re.compile(r"^\[info\] Input #0, (\S+), from ")
TIMES = re.compile(r"^\[info\] +Duration: (?:(\d+):(\d+):(\d+\.\d+)|N/A)(?:, start: (-?\d+\.\d+))?")
REFUSED_CODEC = re.compile(r"Codec \((\w+)\) not on whitelist")


@dataclass(frozen=True)
class Table:
    """``report`` is ffprobe's report on the file, or as much of it as ffmpeg's listing gives."""

    report: dict[str, Any]
    opening: InputOptions = DEFAULT_INPUT
    complaints: int = 0
    """Number of error lines whenever ffmpeg opens the file, about streams that it can't open."""


def read_table(path: Path, limits: Limits) -> Table:
    """Return the streams of a file.

    Raises Refused for a file that isn't a readable video, and Interrupted where ffprobe was interrupted.
    """
    try:
        report = ffprobe.probe(path, limits)
    except Interrupted:
        raise
    except TooMuch as error:
        raise Refused(TOO_LONG_HEADERS, detail=error.detail) from error
    except PipelineError as error:
        return _table_from_listing(path, limits, error)
    if report.get("format", {}).get("format_name") not in UNLISTED:
        return Table(report)
    return _with_late_streams(path, report, limits)


def _with_late_streams(path: Path, report: dict[str, Any], limits: Limits) -> Table:
    """Return the table of the whole file, with input options that read no farther than necessary."""
    size = path.stat().st_size
    if size <= DEFAULT_PROBE_BYTES:
        all_of_it = InputOptions(probe_bytes=MAX_PROBE_BYTES, probe_microseconds=MAX_PROBE_MICROSECONDS)
        whole = ffprobe.probe(path, limits, opening=all_of_it)
        return Table(report) if _stream_keys(whole) == _stream_keys(report) else Table(whole, all_of_it)
    whole = ffprobe.probe(path, limits, opening=InputOptions("V:0", MAX_PROBE_BYTES, MAX_PROBE_MICROSECONDS))
    opening, seen = InputOptions(), report
    while _stream_keys(seen) != _stream_keys(whole):
        opening = replace(
            opening,
            probe_bytes=min(MAX_PROBE_BYTES, 2 * (opening.probe_bytes or DEFAULT_PROBE_BYTES)),
            probe_microseconds=min(
                MAX_PROBE_MICROSECONDS, 2 * (opening.probe_microseconds or DEFAULT_PROBE_MICROSECONDS)
            ),
        )
        is_last = (opening.probe_bytes, opening.probe_microseconds) == (MAX_PROBE_BYTES, MAX_PROBE_MICROSECONDS)
        seen = whole if is_last else ffprobe.probe(path, limits, opening=opening)
    return Table(seen, opening)


def _stream_keys(report: dict[str, Any]) -> list[tuple[object, ...]]:
    """Return the properties that distinguish two tables."""
    names = ("codec_type", "codec_name", "width", "height", "sample_rate", "channels")
    return [tuple(stream.get(name) for name in names) for stream in report.get("streams", [])]


def _table_from_listing(path: Path, limits: Limits, error: PipelineError) -> Table:
    """Read the table from ffmpeg's listing. Raises Refused where it has no video."""
    lines, count = ffprobe.listing(path, limits)
    closed = set(REFUSED_CODEC.findall("\n".join(lines)))
    container: dict[str, Any] = {}
    streams: list[dict[str, Any]] = []
    for line in lines:
        if match := INPUT.match(line):
            container["format_name"] = match[1]
        elif match := TIMES.match(line):
            hours, minutes, seconds, start = match.groups()
            container["start_time"] = start or "0"
            if seconds:
                container["duration"] = str(3600 * int(hours) + 60 * int(minutes) + float(seconds))
        elif match := STREAM.match(line):
            index, language, kind, codec, rest = match.groups()
            streams.append(_stream(index, language, kind, codec, rest, closed))
    if "format_name" not in container or not any(stream["codec_type"] == "video" for stream in streams):
        raise Refused(NOT_A_VIDEO, detail=error.detail) from error
    for stream in streams:
        if stream["codec_type"] == "video" and not stream.get("closed"):
            stream.update(_probe_stream(path, stream["index"], limits))
    return Table({"format": container, "streams": streams, "chapters": []}, complaints=count)


def _stream(index: str, language: str | None, kind: str, codec: str, rest: str, closed: set[str]) -> dict[str, Any]:
    stream: dict[str, Any] = {"index": int(index), "codec_type": kind.lower(), "codec_name": codec}
    stream["tags"] = {"language": language} if language and language != "und" else {}
    if "(attached pic)" in rest:
        stream["disposition"] = {"attached_pic": 1}
    if codec in closed:
        stream["closed"] = codec
    if rate := re.search(r"(\d+) Hz", rest):
        stream["sample_rate"] = rate[1]
    return stream


def _probe_stream(path: Path, index: int, limits: Limits) -> dict[str, Any]:
    """Return ffprobe's report on a copy of one video stream; empty if it can't be copied."""
    with tempfile.TemporaryDirectory(prefix="haloweb-probe-") as folder:
        copy = Path(folder, "pictures.nut")
        pictures = ffmpeg.source(path, limits, InputOptions())[str(index)]
        output = ffmpeg.write(pictures, to=copy, format="nut", c="copy", t=SAMPLE_SECONDS)
        try:
            ffmpeg.transcode(output, limits=limits, label="The stream copy")
            (stream,) = ffprobe.probe(copy, limits)["streams"]
        except Interrupted:
            raise
        except (PipelineError, ValueError):
            return {}
    for of_the_copy in ("index", "duration", "nb_frames", "start_time"):
        stream.pop(of_the_copy, None)
    return dict(stream)
