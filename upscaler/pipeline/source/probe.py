"""Is this a video that we take? Asked before anything is decoded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from upscaler.pipeline.containers.asf import AsfHeader, read_asf_header
from upscaler.pipeline.containers.mp4 import has_media
from upscaler.pipeline.core.errors import Interrupted, PipelineError, Refused
from upscaler.pipeline.core.facts import AudioStream, Chapter, Font, LeftOut, SubtitleStream
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.opening import OPENED_PLAINLY, Opening
from upscaler.pipeline.programs import ffmpeg

from .stream_table import Table, read_table
from .streams import audio_streams, chapters, fonts, fraction, other_attachments, subtitle_streams, tag

SMALLEST_SIDE = 16
LEAST_BYTES_A_SECOND = 1000
"""A header that claims more seconds than that for its bytes is damaged: 8 kbit/s is no video."""
ELEMENTARY = frozenset({"h261", "h263", "h264", "hevc", "m4v", "mpegvideo", "vc1"})
"""Containers that are none: ffmpeg guesses their duration from the bit rate."""
ONE_DURATION = frozenset({"asf", "flv"})
"""Containers with one duration for the whole file, which ffprobe says of every stream."""
LOCKED = "The video is locked by DRM, so nobody but its maker's player can read it."
LOCKED_TAGS = ("drm", "encv", "p608")
CLOSED_NAMES = {"cfhd": "CineForm", "dirac": "Dirac", "snow": "Snow", "jpeg2000": "JPEG 2000", "r210": "RGB of 10 bits"}
A_FILM = Fraction(1, 10)
"""Of the packets of the longest stream of pictures: one with fewer is a still, or a few, and not the film."""


@dataclass(frozen=True)
class Probe:
    """What the container says of itself. Counts and rates in it are claims, not facts."""

    container: str
    codec: str
    width: int
    """Pixels, after the rotation that ffmpeg applies when it decodes."""
    height: int
    sar: Fraction
    pix_fmt: str
    color_space: str
    color_range: str
    r_frame_rate: Fraction
    avg_frame_rate: Fraction
    time_base: Fraction
    """Seconds of one tick of the pictures' timestamps."""
    seconds: Fraction
    """Declared time from the container's start to the end of its pictures; 0 where there is none that makes sense."""
    is_of_pictures: bool
    """Is that declared of the pictures, and not of the longest stream?"""
    listed_frames: int
    """Frames in an AVI's list of them, which it keeps at its start and again at its end; 0 for other containers."""
    audio: tuple[AudioStream, ...]
    color_transfer: str = ""
    rotation: int = 0
    """Degrees by which ffmpeg turns the pictures."""
    subtitles: tuple[SubtitleStream, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    title: str = ""
    opening: Opening = OPENED_PLAINLY
    stream: int = 0
    """The number of the film among all streams."""
    left_out: tuple[LeftOut, ...] = ()
    fonts: tuple[Font, ...] = ()
    complaints: int = 0
    """Lines in which ffmpeg complains about other streams whenever it opens the file."""


def probe(path: Path, limits: Limits) -> Probe:
    """Look at a file's headers. Raises Refused, with the reason, for what we do not take."""
    if not path.is_file():
        raise Refused("There is no such file.")
    size = path.stat().st_size
    if size == 0:
        raise Refused("The file is empty. Was the copy or the download cut off?")
    if size > limits.max_bytes:
        raise Refused(f"The file is larger than this server takes ({limits.max_bytes / 1024**3:.0f} GiB).")
    ffmpeg.require()
    asf = read_asf_header(path)
    if asf.is_locked:
        raise Refused(LOCKED)
    table = read_table(path, limits)
    streams = table.found.get("streams", [])
    attached = sum(stream.get("codec_type") == "attachment" for stream in streams)
    if len(streams) - attached > limits.max_streams:
        raise Refused(f"The file has {len(streams) - attached} streams; this server takes up to {limits.max_streams}.")
    if attached > limits.max_attachments:
        raise Refused(f"The file has {attached} attached files; this server takes up to {limits.max_attachments}.")
    pictures = [stream for stream in streams if stream.get("codec_type") == "video" and not _is_cover(stream)]
    if not pictures:
        raise Refused("There is no video in this file, only sound or data.")
    film = _film(path, pictures, table, limits)
    declared = _declared(table.found["format"], film, asf, size)
    if declared[0] > limits.max_seconds:
        raise Refused(
            f"The video is {float(declared[0]) / 3600:.1f} hours long; "
            f"this server takes up to {float(limits.max_seconds) / 3600:.1f}."
        )
    _check_codec(film)
    _check_size(path, film, limits)
    return _read(table, film, pictures, declared)


def _film(path: Path, pictures: list[dict[str, Any]], table: Table, limits: Limits) -> dict[str, Any]:
    """The first stream of pictures that is more than a few stills beside a longer one."""
    if len(pictures) == 1:
        return pictures[0]
    opened = [stream for stream in pictures if not stream.get("closed")]
    try:
        counts = {stream.index: stream.packets for stream in ffmpeg.count_packets(path, limits, table.opening)}
    except Interrupted:
        raise
    except PipelineError:  # ffprobe gives up over a closed one
        return (opened or pictures)[0]
    most = max(counts.get(stream["index"], 0) for stream in pictures)
    return next(stream for stream in pictures if counts.get(stream["index"], 0) >= A_FILM * most)


def _check_codec(video: dict[str, Any]) -> None:
    if video.get("closed"):
        raise Refused(
            f"The pictures of this video are coded as {_codec_in_words(video)}, which this server does not open. "
            "Convert it to another format, such as FFV1 or H.264, and try again."
        )
    if video.get("codec_name", "unknown") in ("unknown", "none"):
        name = video.get("codec_tag_string", "?")
        raise Refused(f"The video is in a format ({name}) that has no decoder here.")
    if any(word in str(video.get("codec_tag_string", "")).lower() for word in LOCKED_TAGS):
        raise Refused(LOCKED)


def _codec_in_words(video: dict[str, Any]) -> str:
    name = video["closed"]
    return f"{CLOSED_NAMES[name]} ({name})" if name in CLOSED_NAMES else str(name)


def _read(
    table: Table, video: dict[str, Any], pictures: list[dict[str, Any]], declared: tuple[Fraction, bool]
) -> Probe:
    container, streams = table.found["format"], table.found["streams"]
    rotation = _rotation(video)
    is_turned = rotation % 180 == 90
    width, height = _size(video)
    sar = fraction(str(video.get("sample_aspect_ratio", "1:1")).replace(":", "/")) or Fraction(1)
    if not Fraction(1, 4) <= sar <= 4:  # nonsense in the header; nobody made pixels like that
        sar = Fraction(1)
    start = fraction(container.get("start_time"))
    return Probe(
        container=str(container.get("format_name", "")),
        codec=video["codec_name"],
        width=width,
        height=height,
        sar=1 / sar if is_turned else sar,
        pix_fmt=str(video.get("pix_fmt", "")),
        color_space=str(video.get("color_space", "")),
        color_range=str(video.get("color_range", "")),
        color_transfer=str(video.get("color_transfer", "")),
        r_frame_rate=fraction(video.get("r_frame_rate")),
        avg_frame_rate=fraction(video.get("avg_frame_rate")),
        time_base=fraction(video.get("time_base")) or Fraction(1, 1000),
        seconds=declared[0],
        is_of_pictures=declared[1],
        listed_frames=int(video.get("nb_frames", 0)) if container.get("format_name") == "avi" else 0,
        rotation=rotation,
        audio=audio_streams(streams, start),
        subtitles=subtitle_streams(streams),
        chapters=chapters(table.found.get("chapters", []), start),
        title=tag(container, "title")[:200],
        opening=replace(table.opening, pictures=_name_of(video, streams)),
        stream=int(video["index"]),
        left_out=(*_other_films(video, pictures), *other_attachments(streams)),
        complaints=table.complaints,
        fonts=fonts(streams),
    )


def _declared(container: dict[str, Any], video: dict[str, Any], asf: AsfHeader, size: int) -> tuple[Fraction, bool]:
    """Seconds from the container's start to the end of the pictures, and whether they are said of the pictures."""
    start = fraction(video.get("start_time")) - fraction(container.get("start_time"))
    is_shared = container.get("format_name") in ONE_DURATION
    own = Fraction(0) if is_shared else fraction(video.get("duration")) or _clock(tag(video, "duration"))
    seconds = max(Fraction(0), start) + own if own else fraction(container.get("duration")) or asf.seconds
    is_sense = seconds > 0 and size >= LEAST_BYTES_A_SECOND * seconds and container.get("format_name") not in ELEMENTARY
    return (seconds if is_sense else Fraction(0)), bool(own)


def _clock(text: str) -> Fraction:
    """Matroska's "00:01:02.500000000" in seconds."""
    hours, _, rest = text.partition(":")
    minutes, _, seconds = rest.partition(":")
    return 3600 * fraction(hours) + 60 * fraction(minutes) + fraction(seconds)


def _name_of(video: dict[str, Any], streams: list[dict[str, Any]]) -> str:
    """The film's, for ffmpeg: among the streams of pictures, covers and all; "V:0" if it is the first without them."""
    of_pictures = [stream for stream in streams if stream.get("codec_type") == "video"]
    if video is next(stream for stream in of_pictures if not _is_cover(stream)):
        return "V:0"
    return f"v:{of_pictures.index(video)}"


def _other_films(film: dict[str, Any], pictures: list[dict[str, Any]]) -> list[LeftOut]:
    return [
        LeftOut("pictures", _said(stream), "the film is another stream") for stream in pictures if stream is not film
    ]


def _said(stream: dict[str, Any]) -> str:
    """A stream of pictures, in a few words."""
    return f"{stream.get('codec_name', 'unknown')}, {stream.get('width', 0)} by {stream.get('height', 0)}"


def _size(video: dict[str, Any]) -> tuple[int, int]:
    """Width and height after the rotation."""
    width, height = int(video.get("width", 0)), int(video.get("height", 0))
    return (height, width) if _rotation(video) % 180 == 90 else (width, height)


def _check_size(path: Path, video: dict[str, Any], limits: Limits) -> None:
    width, height = _size(video)
    if max(width, height) > limits.max_side or width * height > limits.max_pixels:
        raise Refused(
            f"The picture is {width} by {height}, larger than this server takes "
            f"({limits.max_side} a side and {limits.max_pixels / 1e6:.1f} megapixels)."
        )
    if min(width, height) > 0 and min(width, height) < SMALLEST_SIDE:
        raise Refused(f"The picture is {width} by {height}, too small to be a video.")
    if min(width, height) <= 0:
        if not has_media(path):
            raise Refused("This movie only points to another file, which holds its pictures. Upload that file instead.")
        raise Refused("Not one whole picture of this video can be found: its beginning is missing or damaged.")


def _is_cover(stream: dict[str, Any]) -> bool:
    return bool(stream.get("disposition", {}).get("attached_pic"))


def _rotation(stream: dict[str, Any]) -> int:
    """ffmpeg rotates the frames that it decodes; ffprobe reports the size before that."""
    sides = stream.get("side_data_list", [])
    return round(next((float(side["rotation"]) for side in sides if "rotation" in side), 0.0))
