"""Which streams a file has. Those that begin late are waited for, and one that can't be opened shuts no other out.

ffprobe gives a whole file up over one stream whose codec it may not open, or whose header is damaged. Then ffmpeg's own
listing names the streams, and the film by itself is looked at in a copy of its first seconds.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from upscaler.pipeline.core.errors import Interrupted, PipelineError, Refused, TooMuch
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.opening import OPENED_PLAINLY, Opening
from upscaler.pipeline.programs import ffmpeg

NOT_A_VIDEO = "This is not a video that we can read. Take the original file, such as a WMV, AVI, FLV, MOV, MPEG or MP4."
TOO_LONG_HEADERS = (
    "The headers of this file take too long to read: it has too many tags or tables. "
    "Copy it with ffmpeg -i FILE -map_metadata -1 -c copy NEW, and bring that."
)
UNLISTED = ("mpeg", "mpegts")
"""Containers without a list of their streams: one shows when its first packet comes."""
OWN_BYTES, OWN_MICROSECONDS = 5_000_000, 5_000_000
"""How far ffmpeg looks by itself."""
MOST_BYTES, MOST_MICROSECONDS = 1 << 28, 3_600_000_000
"""256 MiB, which ffmpeg keeps in memory, or an hour: a stream that begins later than that is not found."""
SHOWN_SECONDS = 5
STREAM = re.compile(
    r"^\[info\] +Stream #0:(\d+)(?:\[0x[0-9a-f]+\])?(?:\((\w+)\))?: "
    r"(Video|Audio|Subtitle|Data|Attachment): (\w+)(.*)"
)
INPUT = re.compile(r"^\[info\] Input #0, (\S+), from ")
TIMES = re.compile(r"^\[info\] +Duration: (?:(\d+):(\d+):(\d+\.\d+)|N/A)(?:, start: (-?\d+\.\d+))?")
CLOSED = re.compile(r"Codec \((\w+)\) not on whitelist")


@dataclass(frozen=True)
class Table:
    """``found`` is what ffprobe says of the file, or as much of it as could be found otherwise."""

    found: dict[str, Any]
    opening: Opening = OPENED_PLAINLY
    complaints: int = 0
    """Lines in which ffmpeg complains whenever it opens the file, since it may not or can't open a stream of it."""


def read_table(path: Path, limits: Limits) -> Table:
    """The streams of a file.

    Raises Refused for what is no video that ffmpeg reads, and Interrupted where that could not be found out.
    """
    try:
        found = ffmpeg.probe(path, limits)
    except Interrupted:
        raise
    except TooMuch as error:
        raise Refused(TOO_LONG_HEADERS, detail=error.detail) from error
    except PipelineError as error:
        return _listed(path, limits, error)
    if found.get("format", {}).get("format_name") not in UNLISTED:
        return Table(found)
    return _with_late_ones(path, found, limits)


def _with_late_ones(path: Path, found: dict[str, Any], limits: Limits) -> Table:
    """The same as one who looks at the whole file would see, by looking no farther than that takes."""
    size = path.stat().st_size
    if size <= OWN_BYTES:
        all_of_it = Opening(probe_bytes=MOST_BYTES, probe_microseconds=MOST_MICROSECONDS)
        whole = ffmpeg.probe(path, limits, opening=all_of_it)
        return Table(found) if _known(whole) == _known(found) else Table(whole, all_of_it)
    whole = ffmpeg.probe(path, limits, opening=Opening("V:0", MOST_BYTES, MOST_MICROSECONDS))
    opening, seen = Opening(), found
    while _known(seen) != _known(whole):
        opening = replace(
            opening,
            probe_bytes=min(MOST_BYTES, 2 * (opening.probe_bytes or OWN_BYTES)),
            probe_microseconds=min(MOST_MICROSECONDS, 2 * (opening.probe_microseconds or OWN_MICROSECONDS)),
        )
        is_last = (opening.probe_bytes, opening.probe_microseconds) == (MOST_BYTES, MOST_MICROSECONDS)
        seen = whole if is_last else ffmpeg.probe(path, limits, opening=opening)
    return Table(seen, opening)


def _known(found: dict[str, Any]) -> list[tuple[object, ...]]:
    """What tells one table from another."""
    names = ("codec_type", "codec_name", "width", "height", "sample_rate", "channels")
    return [tuple(stream.get(name) for name in names) for stream in found.get("streams", [])]


def _listed(path: Path, limits: Limits, error: PipelineError) -> Table:
    """By ffmpeg's own listing. Raises Refused where that has no pictures."""
    lines, count = ffmpeg.listing(path, limits)
    closed = set(CLOSED.findall("\n".join(lines)))
    container: dict[str, Any] = {}
    streams: list[dict[str, Any]] = []
    for line in lines:
        if found := INPUT.match(line):
            container["format_name"] = found[1]
        elif found := TIMES.match(line):
            hours, minutes, seconds, start = found.groups()
            container["start_time"] = start or "0"
            if seconds:
                container["duration"] = str(3600 * int(hours) + 60 * int(minutes) + float(seconds))
        elif found := STREAM.match(line):
            index, language, kind, codec, rest = found.groups()
            streams.append(_stream(index, language, kind, codec, rest, closed))
    if "format_name" not in container or not any(stream["codec_type"] == "video" for stream in streams):
        raise Refused(NOT_A_VIDEO, detail=error.detail) from error
    for stream in streams:
        if stream["codec_type"] == "video" and not stream.get("closed"):
            stream.update(_shown(path, stream["index"], limits))
    return Table({"format": container, "streams": streams, "chapters": []}, complaints=count)


def _stream(index: str, language: str | None, kind: str, codec: str, rest: str, closed: set[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"index": int(index), "codec_type": kind.lower(), "codec_name": codec}
    found["tags"] = {"language": language} if language and language != "und" else {}
    if "(attached pic)" in rest:
        found["disposition"] = {"attached_pic": 1}
    if codec in closed:
        found["closed"] = codec
    if rate := re.search(r"(\d+) Hz", rest):
        found["sample_rate"] = rate[1]
    return found


def _shown(path: Path, index: int, limits: Limits) -> dict[str, Any]:
    """What ffprobe says of one stream of pictures by itself, taken out of the file; nothing if it can't be."""
    with tempfile.TemporaryDirectory(prefix="haloweb-probe-") as folder:
        copy = Path(folder, "pictures.nut")
        pictures = ffmpeg.source(path, limits, Opening())[str(index)]
        output = ffmpeg.write(pictures, to=copy, format="nut", c="copy", t=SHOWN_SECONDS)
        try:
            ffmpeg.transcode(output, limits=limits, says="The copy of its beginning")
            (stream,) = ffmpeg.probe(copy, limits)["streams"]
        except Interrupted:
            raise
        except (PipelineError, ValueError):
            return {}
    for of_the_copy in ("index", "duration", "nb_frames", "start_time"):
        stream.pop(of_the_copy, None)
    return dict(stream)
