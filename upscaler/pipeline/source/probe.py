"""Check whether a file is an acceptable video, before it is decoded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from upscaler.pipeline.containers.asf import AsfHeader, read_asf_header
from upscaler.pipeline.containers.mp4 import has_media
from upscaler.pipeline.core.errors import Interrupted, PipelineError, Refused
from upscaler.pipeline.core.input_options import DEFAULT_INPUT, InputOptions
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.stream_facts import AudioStream, Chapter, Font, LeftOut, SubtitleStream
from upscaler.pipeline.programs import ffmpeg, ffprobe

from .stream_table import Table, read_table
from .streams import audio_streams, chapters, fonts, fraction, other_attachments, subtitle_streams, tag

SMALLEST_SIDE = 16
MIN_BYTES_PER_SECOND = 1000
"""A header that declares a lower rate is damaged: no video has 8 kbit/s."""
ELEMENTARY_STREAMS = frozenset({"h261", "h263", "h264", "hevc", "m4v", "mpegvideo", "vc1"})
"""Raw streams without a container: ffmpeg guesses their duration from the bit rate."""
SHARED_DURATION = frozenset({"asf", "flv"})
"""Containers with one duration for the whole file, which ffprobe reports for every stream."""
DRM_PROTECTED = "This video is protected by DRM, so only its publisher's player can open it."
DRM_TAGS = ("drm", "encv", "p608")
REFUSED_CODEC_NAMES = {
    "cfhd": "CineForm",
    "dirac": "Dirac",
    "snow": "Snow",
    "jpeg2000": "JPEG 2000",
    "r210": "10-bit RGB",
}
MIN_PACKET_SHARE = Fraction(1, 10)
"""Share of the packets of the longest video stream: a stream with fewer consists of a few stills."""


@dataclass(frozen=True)
class Probe:
    """The headers of a file. Counts and rates are declared, not measured."""

    container: str
    codec: str
    width: int
    """Width in pixels, after the rotation that ffmpeg applies when it decodes."""
    height: int
    sar: Fraction
    pix_fmt: str
    color_space: str
    color_range: str
    r_frame_rate: Fraction
    avg_frame_rate: Fraction
    time_base: Fraction
    """Seconds per tick of the video's timestamps."""
    seconds: Fraction
    """Declared time from the container's start to the end of the video; 0 where missing or implausible."""
    is_of_pictures: bool
    """Whether ``seconds`` is declared for the video, not for the longest stream."""
    listed_frames: int
    """Number of frames in an AVI's header; 0 for other containers."""
    audio: tuple[AudioStream, ...]
    color_transfer: str = ""
    rotation: int = 0
    """Degrees by which ffmpeg rotates the video."""
    subtitles: tuple[SubtitleStream, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    title: str = ""
    opening: InputOptions = DEFAULT_INPUT
    stream: int = 0
    """Number of the main video stream among all streams."""
    left_out: tuple[LeftOut, ...] = ()
    fonts: tuple[Font, ...] = ()
    complaints: int = 0
    """Number of error lines about other streams whenever ffmpeg opens the file."""


def probe(path: Path, limits: Limits) -> Probe:
    """Read a file's headers. Raises Refused, with the reason, for an unacceptable file."""
    if not path.is_file():
        raise Refused("The file doesn't exist.")
    size = path.stat().st_size
    if size == 0:
        raise Refused("The file is empty. The copy or download may have been cut off.")
    if size > limits.max_bytes:
        raise Refused(f"The file is larger than this server's limit of {limits.max_bytes / 1024**3:.0f} GiB.")
    ffmpeg.require()
    asf = read_asf_header(path)
    if asf.is_locked:
        raise Refused(DRM_PROTECTED)
    table = read_table(path, limits)
    streams = table.report.get("streams", [])
    attached = sum(stream.get("codec_type") == "attachment" for stream in streams)
    if len(streams) - attached > limits.max_streams:
        raise Refused(
            f"The file has {len(streams) - attached} streams; this server accepts up to {limits.max_streams}."
        )
    if attached > limits.max_attachments:
        raise Refused(f"The file has {attached} attached files; this server accepts up to {limits.max_attachments}.")
    pictures = [stream for stream in streams if stream.get("codec_type") == "video" and not _is_cover(stream)]
    if not pictures:
        raise Refused("This file has no video, only sound or data.")
    film = _film(path, pictures, table, limits)
    declared = _declared(table.report["format"], film, asf, size)
    if declared[0] > limits.max_seconds:
        raise Refused(
            f"The video is {float(declared[0]) / 3600:.1f} hours long; "
            f"this server accepts up to {float(limits.max_seconds) / 3600:.1f}."
        )
    _check_codec(film)
    _check_size(path, film, limits)
    return _parse(table, film, pictures, declared)


def _film(path: Path, pictures: list[dict[str, Any]], table: Table, limits: Limits) -> dict[str, Any]:
    """Return the main video stream: the first that isn't just a few stills."""
    if len(pictures) == 1:
        return pictures[0]
    opened = [stream for stream in pictures if not stream.get("closed")]
    try:
        counts = {stream.index: stream.packets for stream in ffprobe.count_packets(path, limits, table.opening)}
    except Interrupted:
        raise
    except PipelineError:  # ffprobe fails for a codec that isn't allowed
        return (opened or pictures)[0]
    most = max(counts.get(stream["index"], 0) for stream in pictures)
    return next(stream for stream in pictures if counts.get(stream["index"], 0) >= MIN_PACKET_SHARE * most)


def _check_codec(video: dict[str, Any]) -> None:
    if video.get("closed"):
        raise Refused(
            f"This video is encoded as {_codec_text(video)}, which HaloWeb doesn't open. "
            "Convert it to another format, such as FFV1 or H.264, then try again."
        )
    if video.get("codec_name", "unknown") in ("unknown", "none"):
        name = video.get("codec_tag_string", "?")
        raise Refused(f"HaloWeb has no decoder for the format of this video ({name}).")
    if any(word in str(video.get("codec_tag_string", "")).lower() for word in DRM_TAGS):
        raise Refused(DRM_PROTECTED)


def _codec_text(video: dict[str, Any]) -> str:
    name = video["closed"]
    return f"{REFUSED_CODEC_NAMES[name]} ({name})" if name in REFUSED_CODEC_NAMES else str(name)


def _parse(
    table: Table, video: dict[str, Any], pictures: list[dict[str, Any]], declared: tuple[Fraction, bool]
) -> Probe:
    container, streams = table.report["format"], table.report["streams"]
    rotation = _rotation(video)
    is_turned = rotation % 180 == 90
    width, height = _size(video)
    sar = fraction(str(video.get("sample_aspect_ratio", "1:1")).replace(":", "/")) or Fraction(1)
    if not Fraction(1, 4) <= sar <= 4:  # implausible
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
        chapters=chapters(table.report.get("chapters", []), start),
        title=tag(container, "title")[:200],
        opening=replace(table.opening, pictures=_stream_specifier(video, streams)),
        stream=int(video["index"]),
        left_out=(*_other_films(video, pictures), *other_attachments(streams)),
        complaints=table.complaints,
        fonts=fonts(streams),
    )


def _declared(container: dict[str, Any], video: dict[str, Any], asf: AsfHeader, size: int) -> tuple[Fraction, bool]:
    """Return the declared end of the video in seconds, and whether it is declared for the video stream."""
    start = fraction(video.get("start_time")) - fraction(container.get("start_time"))
    is_shared = container.get("format_name") in SHARED_DURATION
    own = Fraction(0) if is_shared else fraction(video.get("duration")) or _parse_duration(tag(video, "duration"))
    seconds = max(Fraction(0), start) + own if own else fraction(container.get("duration")) or asf.seconds
    is_plausible = (
        seconds > 0
        and size >= MIN_BYTES_PER_SECOND * seconds
        and container.get("format_name") not in ELEMENTARY_STREAMS
    )
    return (seconds if is_plausible else Fraction(0)), bool(own)


def _parse_duration(text: str) -> Fraction:
    """Convert Matroska's "00:01:02.500000000" to seconds."""
    hours, _, rest = text.partition(":")
    minutes, _, seconds = rest.partition(":")
    return 3600 * fraction(hours) + 60 * fraction(minutes) + fraction(seconds)


def _stream_specifier(video: dict[str, Any], streams: list[dict[str, Any]]) -> str:
    """Return ffmpeg's specifier of the main video: "V:0" if it is the first that isn't cover art, else a number."""
    of_pictures = [stream for stream in streams if stream.get("codec_type") == "video"]
    if video is next(stream for stream in of_pictures if not _is_cover(stream)):
        return "V:0"
    return f"v:{of_pictures.index(video)}"


def _other_films(film: dict[str, Any], pictures: list[dict[str, Any]]) -> list[LeftOut]:
    return [
        LeftOut("pictures", _picture_summary(stream), "another stream is the main video")
        for stream in pictures
        if stream is not film
    ]


def _picture_summary(stream: dict[str, Any]) -> str:
    """Return codec and size of a video stream as text."""
    return f"{stream.get('codec_name', 'unknown')}, {stream.get('width', 0)}x{stream.get('height', 0)}"


def _size(video: dict[str, Any]) -> tuple[int, int]:
    """Return width and height after the rotation."""
    width, height = int(video.get("width", 0)), int(video.get("height", 0))
    return (height, width) if _rotation(video) % 180 == 90 else (width, height)


def _check_size(path: Path, video: dict[str, Any], limits: Limits) -> None:
    width, height = _size(video)
    if max(width, height) > limits.max_side or width * height > limits.max_pixels:
        raise Refused(
            f"The video is {width}x{height}, larger than this server's limit of "
            f"{limits.max_side} pixels per side and {limits.max_pixels / 1e6:.1f} megapixels."
        )
    if min(width, height) > 0 and min(width, height) < SMALLEST_SIDE:
        raise Refused(f"The video is {width}x{height}, which is too small.")
    if min(width, height) <= 0:
        if not has_media(path):
            raise Refused("This movie only points to another file that contains the video. Use that file instead.")
        raise Refused("This video has no complete frame: its beginning is missing or damaged.")


def _is_cover(stream: dict[str, Any]) -> bool:
    return bool(stream.get("disposition", {}).get("attached_pic"))


def _rotation(stream: dict[str, Any]) -> int:
    """Return the rotation in degrees. ffprobe reports the size before ffmpeg applies it."""
    sides = stream.get("side_data_list", [])
    return round(next((float(side["rotation"]) for side in sides if "rotation" in side), 0.0))
