"""Is this a video that we take? Asked before anything is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from . import ffmpeg
from .errors import PipelineError, Refused
from .facts import AudioStream
from .limits import Limits

SMALLEST_SIDE = 16


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
    seconds: Fraction
    """Declared duration, 0 where there is none."""
    audio: tuple[AudioStream, ...]


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
    return _read(found["format"], pictures[0], streams, limits)


def _read(container: dict[str, Any], video: dict[str, Any], streams: list[dict[str, Any]], limits: Limits) -> Probe:
    if "codec_name" not in video or video["codec_name"] == "unknown":
        tag = video.get("codec_tag_string", "?")
        raise Refused(f"The video is in a format ({tag}) that has no decoder here.")
    if "drm" in str(video.get("codec_tag_string", "")).lower():
        raise Refused("The video is locked by DRM, so nobody but its maker's player can read it.")
    width, height = int(video.get("width", 0)), int(video.get("height", 0))
    if _is_turned(video):
        width, height = height, width
    _check_size(width, height, limits)
    seconds = _fraction(container.get("duration") or video.get("duration"))
    if seconds > limits.max_seconds:
        raise Refused(
            f"The video is {float(seconds) / 3600:.1f} hours long; "
            f"this server takes up to {float(limits.max_seconds) / 3600:.1f}."
        )
    sar = _fraction(str(video.get("sample_aspect_ratio", "1:1")).replace(":", "/")) or Fraction(1)
    if not Fraction(1, 4) <= sar <= 4:  # nonsense in the header; nobody made pixels like that
        sar = Fraction(1)
    return Probe(
        container=str(container.get("format_name", "")),
        codec=video["codec_name"],
        width=width,
        height=height,
        sar=1 / sar if _is_turned(video) else sar,
        pix_fmt=str(video.get("pix_fmt", "")),
        color_space=str(video.get("color_space", "")),
        color_range=str(video.get("color_range", "")),
        r_frame_rate=_fraction(video.get("r_frame_rate")),
        avg_frame_rate=_fraction(video.get("avg_frame_rate")),
        seconds=seconds,
        audio=tuple(
            AudioStream(
                index=index,
                codec=str(stream.get("codec_name", "unknown")),
                sample_rate=int(stream.get("sample_rate") or 0),
                channels=int(stream.get("channels") or 0),
                language=str(stream.get("tags", {}).get("language", ""))[:16],
                title=str(stream.get("tags", {}).get("title", ""))[:200],
            )
            for index, stream in enumerate(s for s in streams if s.get("codec_type") == "audio")
        ),
    )


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


def _is_turned(stream: dict[str, Any]) -> bool:
    """ffmpeg rotates the frames that it decodes; ffprobe reports the size before that."""
    sides = stream.get("side_data_list", [])
    turn = next((float(side["rotation"]) for side in sides if "rotation" in side), 0.0)
    return round(turn) % 180 == 90


def _fraction(text: object) -> Fraction:
    """A number that a header gave, or 0 where it is missing or nonsense."""
    try:
        return Fraction(str(text))
    except (ValueError, ZeroDivisionError):
        return Fraction(0)
