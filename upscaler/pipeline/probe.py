"""Is this a video that we take? Asked before anything is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from . import ffmpeg
from .asf import AsfHeader, read_asf_header
from .errors import PipelineError, Refused
from .facts import AudioStream, Chapter, SubtitleStream
from .limits import Limits
from .streams import audio_streams, chapters, fraction, subtitle_streams, tag

SMALLEST_SIDE = 16
LEAST_BYTES_A_SECOND = 1000
"""A header that claims more seconds than that for its bytes is damaged: 8 kbit/s is no video."""
ELEMENTARY = frozenset({"h261", "h263", "h264", "hevc", "m4v", "mpegvideo", "vc1"})
"""Containers that are none: ffmpeg guesses their duration from the bit rate."""
ONE_DURATION = frozenset({"asf", "flv"})
"""Containers with one duration for the whole file, which ffprobe says of every stream."""
LOCKED = "The video is locked by DRM, so nobody but its maker's player can read it."
LOCKED_TAGS = ("drm", "encv", "p608")


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
    try:
        found = ffmpeg.probe(path, limits)
    except PipelineError as error:
        raise Refused(
            "This is not a video that we can read. Take the original file, such as a WMV, AVI, FLV, MOV, MPEG or MP4.",
            detail=error.detail,
        ) from error
    streams = found.get("streams", [])
    if len(streams) > limits.max_streams:
        raise Refused(f"The file has {len(streams)} streams; this server takes up to {limits.max_streams}.")
    pictures = [stream for stream in streams if stream.get("codec_type") == "video" and not _is_cover(stream)]
    if not pictures:
        raise Refused("There is no video in this file, only sound or data.")
    declared = _declared(found["format"], pictures[0], asf, size)
    if declared[0] > limits.max_seconds:
        raise Refused(
            f"The video is {float(declared[0]) / 3600:.1f} hours long; "
            f"this server takes up to {float(limits.max_seconds) / 3600:.1f}."
        )
    return _read(found, pictures[0], declared, limits)


def _read(found: dict[str, Any], video: dict[str, Any], declared: tuple[Fraction, bool], limits: Limits) -> Probe:
    if "codec_name" not in video or video["codec_name"] == "unknown":
        name = video.get("codec_tag_string", "?")
        raise Refused(f"The video is in a format ({name}) that has no decoder here.")
    if any(word in str(video.get("codec_tag_string", "")).lower() for word in LOCKED_TAGS):
        raise Refused(LOCKED)
    container, streams = found["format"], found["streams"]
    rotation = _rotation(video)
    is_turned = rotation % 180 == 90
    width, height = int(video.get("width", 0)), int(video.get("height", 0))
    if is_turned:
        width, height = height, width
    _check_size(width, height, limits)
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
        chapters=chapters(found.get("chapters", []), start),
        title=tag(container, "title")[:200],
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


def _check_size(width: int, height: int, limits: Limits) -> None:
    if max(width, height) > limits.max_side or width * height > limits.max_pixels:
        raise Refused(
            f"The picture is {width} by {height}, larger than this server takes "
            f"({limits.max_side} a side and {limits.max_pixels / 1e6:.1f} megapixels)."
        )
    if min(width, height) < SMALLEST_SIDE:
        raise Refused(f"The picture is {width} by {height}, too small to be a video.")


def _is_cover(stream: dict[str, Any]) -> bool:
    return bool(stream.get("disposition", {}).get("attached_pic"))


def _rotation(stream: dict[str, Any]) -> int:
    """ffmpeg rotates the frames that it decodes; ffprobe reports the size before that."""
    sides = stream.get("side_data_list", [])
    return round(next((float(side["rotation"]) for side in sides if "rotation" in side), 0.0))
