"""Look at the result as a stranger would, and write down what is there: the receipt's checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from . import ffmpeg, sound, tracks
from .encode import playable_size
from .errors import PipelineError
from .facts import Facts
from .limits import Limits
from .networks.weights import sha256_of
from .plan import Plan
from .presets import Preset, preset
from .shown import Shown, shown

MOST_SHIFT = Fraction(10, 1000)
"""Seconds that the sound may have moved against the picture."""

BT709_TAGS = {"color_space": "bt709", "color_primaries": "bt709", "color_transfer": "bt709", "color_range": "tv"}
RGB_TAGS = {"color_space": "gbr", "color_primaries": "bt709", "color_transfer": "bt709", "color_range": "pc"}

CODECS = {"libx264": "h264", "libx265": "hevc", "libsvtav1": "av1", "prores_ks": "prores"}
"""ffprobe's names for what encoders write; the others begin with theirs."""
FORMATS = {"mp4": "MP4 or QuickTime", "mov": "MP4 or QuickTime", "mkv": "Matroska"}
PROBED = {"mov,mp4,m4a,3gp,3g2,mj2": "MP4 or QuickTime", "matroska,webm": "Matroska"}
"""What ffprobe calls containers, which can't tell the first two apart."""


@dataclass(frozen=True)
class Check:
    """One line of the verification."""

    name: str
    expected: str
    got: str
    passed: bool

    @property
    def complaint(self) -> str:
        return f"{self.name}: {self.got} instead of {self.expected}"


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
    """The most that any track moved, cross-correlated; None if the clip is silent."""
    colour: dict[str, str]
    size: int
    sha256: str
    checks: tuple[Check, ...]

    def to_json(self) -> dict[str, Any]:
        """What was measured; the checks have a place of their own in the receipt."""
        return {name: value for name, value in asdict(self).items() if name != "checks"}


def verify(
    source: Path, facts: Facts, plan: Plan, result: Path, limits: Limits, *, rendered: int | None = None
) -> Verified:
    """Decode the result and compare it with the plan, and with the number of frames that were ``rendered``.

    Raises PipelineError that names each line which failed, with what was expected and what was found.
    """
    found = ffmpeg.probe(result, limits, trusted=True)
    video = next((stream for stream in found["streams"] if stream["codec_type"] == "video"), None)
    if video is None:
        raise PipelineError("The result did not pass its check: it has no pictures.")
    sounds = [stream for stream in found["streams"] if stream["codec_type"] == "audio"]
    pictures = shown(result, limits)
    heard = _heard(source, facts, plan, result, _first_frame(found, video), limits, sounds=len(sounds))
    shifts = [one for one in heard if isinstance(one, Fraction)]
    chosen = preset(plan.preset)
    colour = {tag: str(video.get(tag, "unknown")) for tag in BT709_TAGS}
    checks = (
        *_picture_checks(video, found, pictures, plan, chosen, colour, rendered),
        *_stream_checks(found, sounds, facts, plan, chosen),
        *_sound_checks(heard),
    )
    failed = [check.complaint for check in checks if not check.passed]
    if failed:
        raise PipelineError("The result did not pass its check: " + "; ".join(failed) + ".")
    return Verified(
        frames_in=facts.decoded_frames,
        frames_out=pictures.frames,
        rate=str(Fraction(video["r_frame_rate"])),
        width=int(video["width"]),
        height=int(video["height"]),
        duration_s=round(float(pictures.duration(plan.rate)), 6),
        audio_streams=len(sounds),
        audio_offset_in_ms=_source_offset(source, facts, plan, limits),
        audio_offset_out_ms=_start_offset(video, sounds),
        audio_shift_ms=float(max(shifts, key=abs) * 1000) if shifts else None,
        colour=colour,
        size=result.stat().st_size,
        sha256=sha256_of(result),
        checks=checks,
    )


def verify_playable(plan: Plan, copy: Path, limits: Limits) -> None:
    """Has the copy for browsers as many frames as the result, of the size that was meant? Raises PipelineError."""
    found = ffmpeg.probe(copy, limits, trusted=True)
    video = next(stream for stream in found["streams"] if stream["codec_type"] == "video")
    size = playable_size(plan)
    checks = (
        _same("frames of the playable copy", plan.frame_count, shown(copy, limits).frames),
        _same("size of the playable copy", f"{size.width} by {size.height}", f"{video['width']} by {video['height']}"),
    )
    failed = [check.complaint for check in checks if not check.passed]
    if failed:
        raise PipelineError("The playable copy did not pass its check: " + "; ".join(failed) + ".")


def _same(name: str, expected: object, got: object) -> Check:
    return Check(name, str(expected), str(got), str(expected) == str(got))


def _picture_checks(
    video: dict[str, Any],
    found: dict[str, Any],
    pictures: Shown,
    plan: Plan,
    chosen: Preset,
    colour: dict[str, str],
    rendered: int | None,
) -> tuple[Check, ...]:
    length, expected = pictures.duration(plan.rate), plan.duration
    said = RGB_TAGS if chosen.is_lossless else BT709_TAGS
    return (
        *(() if rendered is None else (_same("frames rendered", plan.frame_count, rendered),)),
        _same("frames", plan.frame_count, pictures.frames),
        _same("complaints of the decoder", 0, pictures.complaints),
        _same("frames away from their time", 0, pictures.away(plan.rate)),
        Check(
            "duration", f"{float(expected):.3f} s", f"{float(length):.3f} s", abs(length - expected) <= 1 / plan.rate
        ),
        _same("size", f"{plan.output.width} by {plan.output.height}", f"{video['width']} by {video['height']}"),
        _same("shape of a pixel", "1:1", video.get("sample_aspect_ratio", "1:1").replace("0:1", "1:1")),
        _same("codec", CODECS.get(chosen.encoder, chosen.encoder.split("_")[0]), video["codec_name"]),
        _same("container", FORMATS[chosen.container], _container(found)),
        _same("colour tags", ", ".join(said.values()), ", ".join(colour[name] for name in said)),
    )


def _container(found: dict[str, Any]) -> str:
    name = str(found["format"]["format_name"])
    return PROBED.get(name, name)


def _stream_checks(
    found: dict[str, Any], sounds: list[dict[str, Any]], facts: Facts, plan: Plan, chosen: Preset
) -> tuple[Check, ...]:
    words = [stream for stream in found["streams"] if stream["codec_type"] == "subtitle"]
    planned_sound = tracks.kept(tracks.audio_tracks(facts, plan, chosen.container))
    planned_words = tracks.kept(tracks.subtitle_tracks(facts, chosen.container))
    return (
        _same("audio tracks", _listed([t.result for t in planned_sound]), _listed([t["codec_name"] for t in sounds])),
        _same("subtitles", _listed([t.result for t in planned_words]), _listed([t["codec_name"] for t in words])),
        _same("chapters", len(tracks.chapters(facts, plan)), len(found.get("chapters", ()))),
    )


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"


def _sound_checks(heard: Sequence[Fraction | str]) -> tuple[Check, ...]:
    """``heard`` is what each track that makes a sound did: its shift in seconds, or a word for what is wrong."""
    expected = f"within {float(MOST_SHIFT * 1000):.0f} ms"
    checks = []
    for number, one in enumerate(heard, start=1):
        name = "sound against the pictures" + (f", track {number}" if number > 1 else "")
        if isinstance(one, str):
            checks.append(Check(name, expected, one, passed=False))
        else:
            checks.append(Check(name, expected, f"moved by {float(one * 1000):.1f} ms", abs(one) <= MOST_SHIFT))
    return tuple(checks)


def _first_frame(found: dict[str, Any], video: dict[str, Any]) -> Fraction:
    """When the first frame is shown, in ffmpeg's time, which begins with the earliest stream."""
    return Fraction(video["start_time"]) - Fraction(found["format"]["start_time"])


def _start_offset(video: dict[str, Any], sounds: list[dict[str, Any]]) -> float | None:
    if not sounds:
        return None
    return float((Fraction(sounds[0]["start_time"]) - Fraction(video["start_time"])) * 1000)


def _source_offset(source: Path, facts: Facts, plan: Plan, limits: Limits) -> float | None:
    """As the source declares it, from the first frame of the plan on."""
    audible = tracks.audible(facts)
    if not audible:
        return None
    found = ffmpeg.probe(source, limits)
    sounds = [stream for stream in found["streams"] if stream["codec_type"] == "audio"]
    first = sounds[audible[0].index] if audible[0].index < len(sounds) else {}
    if "start_time" not in first:
        return None
    offset = Fraction(first["start_time"]) - Fraction(found["format"].get("start_time", 0)) - plan.start
    return float(max(offset, Fraction(0)) * 1000 if plan.is_trimmed else offset * 1000)


def _heard(
    source: Path, facts: Facts, plan: Plan, result: Path, first_frame: Fraction, limits: Limits, *, sounds: int
) -> list[Fraction | str]:
    """For each audible track: the most that it moved, early or late, in seconds; words where it is gone.

    Tracks of which the source has nothing to hear, and those that the container has no room for, are left out.
    """
    found: list[Fraction | str] = []
    kept = tracks.kept(tracks.audio_tracks(facts, plan, preset(plan.preset).container))
    for number, track in enumerate(kept):
        windows = sound.loud_windows(source, plan, limits, track=track.index)
        if not windows:
            continue
        if number >= sounds:
            found.append("missing")
            continue
        starts = [window.start for window in windows]
        again = sound.windows_at(result, first_frame, starts, limits, track=number)
        found.append(_moved(windows, again))
    return found


def _moved(windows: Sequence[sound.Window], again: Sequence[sound.Window | None]) -> Fraction | str:
    shifts = []
    for window, other in zip(windows, again, strict=True):
        if other is None:
            return "missing"
        if not other.samples.any():
            return "silence"
        shifts.append(sound.shift(window, other))
    return max(shifts, key=abs)
