"""Verify the result independently of the pipeline's own records: the receipt's checks.

Its frames and its sound are compared with the source's own clock, which is read again: see checks/.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.presets import Preset, preset
from upscaler.pipeline.networks.weights import sha256_of
from upscaler.pipeline.output.checks.check import Check, same
from upscaler.pipeline.planning.plan import Plan
from upscaler.pipeline.programs import ffprobe
from upscaler.pipeline.render.encode import playable_size

from .assemble import ExtraStreams, planned_extras
from .checks import against_source
from .output_timing import Shown, shown

BT709_TAGS = {"color_space": "bt709", "color_primaries": "bt709", "color_transfer": "bt709", "color_range": "tv"}
RGB_TAGS = {"color_space": "gbr", "color_primaries": "bt709", "color_transfer": "bt709", "color_range": "pc"}

CODECS = {"libx264": "h264", "libx265": "hevc", "libsvtav1": "av1", "prores_ks": "prores"}
"""ffprobe's codec names by encoder; other encoders' names begin with theirs."""
FORMATS = {"mp4": "MP4 or QuickTime", "mov": "MP4 or QuickTime", "mkv": "Matroska"}
PROBED = {"mov,mp4,m4a,3gp,3g2,mj2": "MP4 or QuickTime", "matroska,webm": "Matroska"}
"""Containers by ffprobe's name, which doesn't distinguish MP4 from QuickTime."""


@dataclass(frozen=True)
class Verified:
    """Measurements of a result. Offsets: first sound minus first frame; None without sound."""

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
    """Largest shift of any track, by cross-correlation; None if the clip is silent."""
    colour: dict[str, str]
    size: int
    sha256: str
    checks: tuple[Check, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """A sentence for each failed check; only results of damaged sources have any."""
        failed = (check.complaint for check in self.checks if not check.passed)
        return tuple(f"The source is damaged, and part of the check failed: {complaint}." for complaint in failed)

    def to_json(self) -> dict[str, Any]:
        """Return the measurements without the checks, which the receipt has separately."""
        return {name: value for name, value in asdict(self).items() if name != "checks"}


def verify(
    source: Path,
    facts: Facts,
    plan: Plan,
    result: Path,
    limits: Limits,
    *,
    rendered: int | None = None,
    extras: ExtraStreams | None = None,
) -> Verified:
    """Decode the result and compare it with the source and the plan, and with the number of frames ``rendered``.

    ``extras`` are the tracks that were added, if not all that were planned. Raises PipelineError that names each
    failed check with its expected and measured values. Only for a source with decoding errors, failed checks of time
    or sound become ``Verified.warnings``.
    """
    probed = ffprobe.probe(result, limits, trusted=True)
    video = next((stream for stream in probed["streams"] if stream["codec_type"] == "video"), None)
    if video is None:
        raise PipelineError("The result failed its check: it has no video.", permanent=True)
    sounds = [stream for stream in probed["streams"] if stream["codec_type"] == "audio"]
    chosen = preset(plan.preset)
    extras = extras or planned_extras(facts, plan, chosen.container)
    zero = _first_frame(probed, video)
    times = against_source.compare(source, facts, plan, result, extras, zero, len(sounds), limits)
    pictures = times.result.shown
    colour = {tag: str(video.get(tag, "unknown")) for tag in BT709_TAGS}
    as_planned = (
        *_picture_checks(video, probed, pictures, plan, chosen, colour, rendered),
        *_stream_checks(probed, sounds, extras),
    )
    checks = (*as_planned, *times.checks)
    must_pass = as_planned if facts.has_decode_errors else checks
    failed = [check.complaint for check in must_pass if not check.passed]
    if failed:
        raise PipelineError("The result failed its check: " + "; ".join(failed) + ".", permanent=True)
    return Verified(
        frames_in=facts.decoded_frames,
        frames_out=pictures.frames,
        rate=str(plan.rate),
        width=int(video["width"]),
        height=int(video["height"]),
        duration_s=round(float(pictures.duration(plan.rate)), 6),
        audio_streams=len(sounds),
        audio_offset_in_ms=times.sound_begins_ms,
        audio_offset_out_ms=_start_offset(video, sounds),
        audio_shift_ms=times.sound_shift_ms,
        colour=colour,
        size=result.stat().st_size,
        sha256=sha256_of(result),
        checks=checks,
    )


def verify_playable(plan: Plan, copy: Path, extras: ExtraStreams, limits: Limits) -> None:
    """Check the browser copy's number of frames, size and tracks.

    Raises PipelineError that names each failed check.
    """
    probed = ffprobe.probe(copy, limits, trusted=True)
    video = next(stream for stream in probed["streams"] if stream["codec_type"] == "video")
    sounds = [stream for stream in probed["streams"] if stream["codec_type"] == "audio"]
    size = playable_size(plan)
    checks = (
        *_stream_checks(probed, sounds, extras),
        same("frames of the browser copy", plan.frame_count, shown(copy, limits).frames),
        same("size of the browser copy", f"{size.width}x{size.height}", f"{video['width']}x{video['height']}"),
    )
    failed = [check.complaint for check in checks if not check.passed]
    if failed:
        raise PipelineError("The browser copy failed its check: " + "; ".join(failed) + ".", permanent=True)


def _picture_checks(
    video: dict[str, Any],
    probed: dict[str, Any],
    pictures: Shown,
    plan: Plan,
    chosen: Preset,
    colour: dict[str, str],
    rendered: int | None,
) -> tuple[Check, ...]:
    length, expected = pictures.duration(plan.rate), plan.duration
    expected_tags = RGB_TAGS if chosen.is_lossless else BT709_TAGS
    return (
        *(() if rendered is None else (same("frames rendered", plan.frame_count, rendered),)),
        same("frames", plan.frame_count, pictures.frames),
        same("decoder errors", 0, pictures.complaints),
        same("frames at the wrong time", 0, pictures.misplaced(plan.rate)),
        Check(
            "duration", f"{float(expected):.3f} s", f"{float(length):.3f} s", abs(length - expected) <= 1 / plan.rate
        ),
        same("size", f"{plan.output.width}x{plan.output.height}", f"{video['width']}x{video['height']}"),
        same("pixel aspect ratio", "1:1", video.get("sample_aspect_ratio", "1:1").replace("0:1", "1:1")),
        same("codec", CODECS.get(chosen.encoder, chosen.encoder.split("_")[0]), video["codec_name"]),
        same("container", FORMATS[chosen.container], _container(probed)),
        same("colour tags", ", ".join(expected_tags.values()), ", ".join(colour[name] for name in expected_tags)),
    )


def _container(probed: dict[str, Any]) -> str:
    name = str(probed["format"]["format_name"])
    return PROBED.get(name, name)


def _stream_checks(probed: dict[str, Any], sounds: list[dict[str, Any]], extras: ExtraStreams) -> tuple[Check, ...]:
    subtitles = [stream for stream in probed["streams"] if stream["codec_type"] == "subtitle"]
    fonts = [stream for stream in probed["streams"] if stream["codec_type"] == "attachment"]
    return (
        same("audio tracks", _listed([t.result for t in extras.sound]), _listed([t["codec_name"] for t in sounds])),
        same("subtitles", _listed([t.result for t in extras.subtitles]), _listed([t["codec_name"] for t in subtitles])),
        same("chapters", len(extras.chapters), len(probed.get("chapters", ()))),
        *((same("attached fonts", len(extras.fonts), len(fonts)),) if extras.fonts or fonts else ()),
    )


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"


def _first_frame(probed: dict[str, Any], video: dict[str, Any]) -> Fraction:
    """Return when the first frame is shown, in ffmpeg's time, which starts with the earliest stream."""
    return Fraction(video["start_time"]) - Fraction(probed["format"]["start_time"])


def _start_offset(video: dict[str, Any], sounds: list[dict[str, Any]]) -> float | None:
    if not sounds:
        return None
    return float((Fraction(sounds[0]["start_time"]) - Fraction(video["start_time"])) * 1000)
