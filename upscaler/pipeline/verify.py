"""Look at the result as a stranger would, and write down what is there: the receipt."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from . import ffmpeg, sound
from .assemble import audible
from .errors import PipelineError
from .facts import Facts
from .limits import Limits
from .networks.weights import sha256_of
from .plan import Plan

MOST_SHIFT = Fraction(10, 1000)
"""Seconds that the sound may have moved against the picture."""

COLOUR_TAGS = {"color_space": "bt709", "color_primaries": "bt709", "color_transfer": "bt709", "color_range": "tv"}


@dataclass(frozen=True)
class Verified:
    """What was measured in a result. Offsets: first sound minus first frame; None without sound."""

    frames_in: int
    frames_out: int
    rate: str
    width: int
    height: int
    duration_s: float
    audio_streams: int
    audio_offset_in_ms: float | None
    audio_offset_out_ms: float | None
    audio_shift_ms: float | None
    """By how much the sound moved, cross-correlated; None if the clip is silent."""
    colour: dict[str, str]
    size: int
    sha256: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def verify(source: Path, facts: Facts, plan: Plan, result: Path, limits: Limits) -> Verified:
    """Decode the result and compare it with the plan. Raises PipelineError, naming what differs."""
    found = ffmpeg.probe(result, limits, trusted=True)
    video = next(stream for stream in found["streams"] if stream["codec_type"] == "video")
    tracks = [stream for stream in found["streams"] if stream["codec_type"] == "audio"]
    frames = _count_frames(result, limits)
    verified = Verified(
        frames_in=facts.decoded_frames,
        frames_out=frames,
        rate=str(Fraction(video["r_frame_rate"])),
        width=int(video["width"]),
        height=int(video["height"]),
        duration_s=float(video["duration"]),
        audio_streams=len(tracks),
        audio_offset_in_ms=_source_offset(source, facts, plan, limits),
        audio_offset_out_ms=_start_offset(video, tracks),
        audio_shift_ms=_shift(source, facts, plan, result, _first_frame(found, video), limits),
        colour={tag: str(video.get(tag, "unknown")) for tag in COLOUR_TAGS},
        size=result.stat().st_size,
        sha256=sha256_of(result),
    )
    complaints = _complaints(verified, facts, plan)
    if complaints:
        raise PipelineError("The result did not pass its check: " + "; ".join(complaints) + ".")
    return verified


def _complaints(verified: Verified, facts: Facts, plan: Plan) -> list[str]:
    complaints = []
    if verified.frames_out != plan.frame_count:
        complaints.append(f"{verified.frames_out} frames instead of {plan.frame_count}")
    if (verified.width, verified.height) != (plan.output.width, plan.output.height):
        complaints.append(
            f"{verified.width} by {verified.height} instead of {plan.output.width} by {plan.output.height}"
        )
    if abs(verified.duration_s - float(plan.duration)) > float(1 / plan.rate):
        complaints.append(f"{verified.duration_s:.3f} s long instead of {float(plan.duration):.3f}")
    if verified.audio_streams != len(audible(facts)):
        complaints.append(f"{verified.audio_streams} audio streams instead of {len(audible(facts))}")
    if verified.audio_shift_ms is not None and abs(verified.audio_shift_ms) > MOST_SHIFT * 1000:
        complaints.append(f"the sound moved by {verified.audio_shift_ms:.1f} ms")
    if verified.colour != COLOUR_TAGS:
        complaints.append(f"wrong colour tags ({', '.join(verified.colour.values())})")
    return complaints


def _count_frames(result: Path, limits: Limits) -> int:
    """Decode every frame and count what comes out; no header is asked."""
    node = ffmpeg.own_file(result)["v:0"].filter("scale", 2, 2, flags="neighbor").filter("format", "gray")
    output = ffmpeg.write(node, to="pipe:", format="rawvideo", fps_mode="passthrough")
    count = 0
    buffer = bytearray(4096)
    with ffmpeg.reading(output, limits=limits, says="The check's decoder") as process:
        while got := process.read_into(memoryview(buffer)):
            count += got
        process.finish()
    return count // 4


def _first_frame(found: dict[str, Any], video: dict[str, Any]) -> Fraction:
    """When the first frame is shown, in ffmpeg's time, which begins with the earliest stream."""
    return Fraction(video["start_time"]) - Fraction(found["format"]["start_time"])


def _start_offset(video: dict[str, Any], tracks: list[dict[str, Any]]) -> float | None:
    if not tracks:
        return None
    return float((Fraction(tracks[0]["start_time"]) - Fraction(video["start_time"])) * 1000)


def _source_offset(source: Path, facts: Facts, plan: Plan, limits: Limits) -> float | None:
    """As the source declares it, for a clip that is not trimmed."""
    found = ffmpeg.probe(source, limits)
    first = next((stream for stream in found["streams"] if stream["codec_type"] == "audio"), None)
    if first is None or "start_time" not in first:
        return None
    video_start = Fraction(found["format"].get("start_time", 0)) + facts.first_frame_time
    offset = Fraction(first["start_time"]) - video_start
    trimmed = plan.first_frame / plan.rate
    return float(max(offset - trimmed, Fraction(0)) * 1000 if trimmed else offset * 1000)


def _shift(source: Path, facts: Facts, plan: Plan, result: Path, first_frame: Fraction, limits: Limits) -> float | None:
    if not audible(facts):
        return None
    start = facts.first_frame_time + plan.first_frame / plan.rate
    is_trimmed = plan.frame_count < facts.frames
    heard = sound.loudest_window(source, start, limits, span=plan.duration if is_trimmed else None)
    if heard is None:
        return None
    again = sound.window_at(result, first_frame, heard.start, limits)
    if again is None:
        raise PipelineError("The result did not pass its check: the sound is missing where the source has some.")
    return float(sound.shift(heard, again) * 1000)
