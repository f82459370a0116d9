"""The plan for the tracks of the result besides video: which are copied, which are encoded, which are left out.

The muxer, the check and the receipt share it, so that they can't disagree.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from typing import Any, Literal

from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.presets import Container, preset
from upscaler.pipeline.core.stream_facts import AudioStream, Chapter, Font, SoundForm, SubtitleStream
from upscaler.pipeline.planning.plan import Plan

from .sound_format import HIGH_BIT, SAMPLE_BYTES, STANDARD_BIT, encodable_form

PCM_IN_MOV = ("pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be", "pcm_f32le", "pcm_f32be")
COPIED_CODECS: dict[Container, tuple[str, ...]] = {
    "mp4": ("aac", "mp3"),
    "mov": ("aac", *PCM_IN_MOV),
    "mkv": (
        *("aac", "ac3", "alac", "dts", "eac3", "flac", "mp2", "mp3", "opus", "tta", "vorbis", "wavpack"),
        *("pcm_u8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_f32le", "pcm_f64le"),
    ),
}
"""Codecs that every player of the container supports. It can hold more, but editors and browsers can't play them."""

DEEP_CODECS = ("alac", "flac", "tta", "wavpack", "wmalossless", *(c for c in PCM_IN_MOV if "16" not in c), "pcm_f64le")
"""Codecs with more than 16 bits per sample."""

CONTAINER_NAMES: dict[Container, str] = {"mp4": "MP4", "mov": "QuickTime", "mkv": "Matroska"}
CODEC_NAMES = {
    "aac": "AAC",
    "flac": "FLAC",
    "pcm_s16le": "16-bit PCM",
    "pcm_s24le": "24-bit PCM",
    "subrip": "SubRip",
}
MATROSKA_SUBTITLES = ("subrip", "ass", "ssa", "webvtt", "hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle")
DRAWN_SUBTITLES = ("ass", "ssa")
CONVERTED_SUBTITLES = ("mov_text", "text")
AAC_BITRATE = "192k"
MIN_MP3_RATE = 16000
MAX_FLAC_CHANNELS = 8
MAX_AAC_CHANNELS = 16

Options = dict[str, str | int]
"""Options of ffmpeg, by name."""


@dataclass(frozen=True)
class Track:
    """The plan for one audio or subtitle stream. ``index`` counts the source's streams of its kind."""

    kind: Literal["audio", "subtitles"]
    index: int
    codec: str
    """Codec in the source."""
    result: str = ""
    """Codec in the result, by ffprobe's name; empty if it is left out."""
    encoder: str = ""
    """ffmpeg's name of the encoder, or "copy"; empty if it is left out."""
    language: str = ""
    title: str = ""
    why: str = ""
    """The reason why it was not copied."""

    @property
    def is_copied(self) -> bool:
        return self.encoder == "copy"

    @property
    def name(self) -> str:
        """The track's name in sentences."""
        kind = "Sound track" if self.kind == "audio" else "Subtitle track"
        return f"{kind} {self.index + 1} ({self.codec})"

    @property
    def outcome(self) -> str:
        """The outcome: copied, encoded or left out."""
        if self.is_copied:
            return "copied"
        return f"encoded as {CODEC_NAMES.get(self.result, self.result)}" if self.encoder else "left out"

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"said": self.outcome}


def container_of(plan: Plan) -> Container:
    return preset(plan.preset).container


def audio_tracks(facts: Facts, plan: Plan, container: Container) -> tuple[Track, ...]:
    """Return a plan for each audio stream of the source, in order."""
    return tuple(_audio(stream, plan, container) for stream in facts.audio)


def subtitle_tracks(facts: Facts, container: Container) -> tuple[Track, ...]:
    """Return a plan for each subtitle stream of the source, in order."""
    return tuple(_subtitles(stream, container) for stream in facts.subtitles)


def fonts(facts: Facts, container: Container) -> tuple[Font, ...]:
    """Return the attached fonts, where the result has subtitles that use them."""
    is_drawn = any(track.result in DRAWN_SUBTITLES for track in subtitle_tracks(facts, container))
    return facts.fonts if is_drawn else ()


def kept_tracks(tracks: tuple[Track, ...]) -> tuple[Track, ...]:
    """Return the tracks that are in the result."""
    return tuple(track for track in tracks if track.encoder)


def decodable_audio(facts: Facts) -> tuple[AudioStream, ...]:
    """Return the audio streams that can be decoded."""
    return tuple(stream for stream in facts.audio if not stream.silent)


def chapters(facts: Facts, plan: Plan) -> tuple[Chapter, ...]:
    """Return the chapters with the result's times, in seconds. Those outside of a trim are left out."""
    zero = plan.zero
    end = plan.start + plan.duration - zero
    trimmed = []
    for chapter in facts.chapters:
        begins = max(facts.moved(chapter.start) - zero, Fraction(0))
        ends = min(facts.moved(chapter.end) - zero, end)
        if round(begins * 1000) < round(ends * 1000):
            trimmed.append(Chapter(begins, ends, chapter.title))
    return tuple(trimmed)


def sound_options(track: Track, number: int) -> Options:
    """Return the encoder options for the result's track of that number."""
    if track.encoder == "aac":
        return {f"b:a:{number}": AAC_BITRATE}
    if track.encoder == "flac":
        return {f"sample_fmt:a:{number}": "s32" if track.codec in DEEP_CODECS else "s16"}
    return {}


def encoder_form(stream: AudioStream, track: Track) -> SoundForm:
    """Return the form of the sound that the track's encoder gets."""
    return encodable_form(stream, MAX_AAC_CHANNELS) if track.encoder == "aac" else encodable_form(stream)


def pcm_bytes(facts: Facts, plan: Plan) -> int:
    """Return the space that raw PCM needs while the result is assembled."""
    return sum(
        round(plan.duration * encoder_form(stream, track).rate)
        * encoder_form(stream, track).channels
        * SAMPLE_BYTES[sample_format(track)]
        for stream, track in zip(facts.audio, audio_tracks(facts, plan, container_of(plan)), strict=True)
        if track.encoder and not track.is_copied
    )


def sample_format(track: Track) -> str:
    """Return the sample format."""
    return HIGH_BIT if track.codec in DEEP_CODECS else STANDARD_BIT


def _audio(stream: AudioStream, plan: Plan, container: Container) -> Track:
    track = Track("audio", stream.index, stream.codec, language=stream.language, title=stream.title)
    if stream.silent:
        return replace(track, why=stream.silent)
    is_taken = stream.codec in COPIED_CODECS[container] and not _is_low_rate_mp3(stream, container)
    if is_taken and stream.is_plain and not plan.is_trimmed:
        return replace(track, result=stream.codec, encoder="copy")
    encoder = _sound_encoder(stream, container)
    return replace(track, result=encoder, encoder=encoder, why=_why_encoded(stream, plan, container, is_taken))


def _why_encoded(stream: AudioStream, plan: Plan, container: Container, is_taken: bool) -> str:
    if not is_taken:
        return f"not every {CONTAINER_NAMES[container]} player supports it"
    if plan.is_trimmed:
        return "the trim cuts within its packets"
    if stream.shifts or stream.slips:
        return "its timestamps jump, and it has to stay in sync with the video"
    return "its sample rate or channels change partway"


def _is_low_rate_mp3(stream: AudioStream, container: Container) -> bool:
    """Return whether MP4 doesn't support an MP3 stream: it requires 16 kHz, and Flash often used less."""
    return container == "mp4" and stream.codec == "mp3" and stream.sample_rate < MIN_MP3_RATE


def _sound_encoder(stream: AudioStream, container: Container) -> str:
    if container == "mp4":
        return "aac"
    if container == "mkv" and stream.channels <= MAX_FLAC_CHANNELS:
        return "flac"
    return "pcm_s24le" if stream.codec in DEEP_CODECS else "pcm_s16le"


def _subtitles(stream: SubtitleStream, container: Container) -> Track:
    track = Track("subtitles", stream.index, stream.codec, language=stream.language, title=stream.title)
    if stream.silent:
        return replace(track, why=stream.silent)
    if container != "mkv":
        why = f"HaloWeb writes subtitles only to Matroska, and this preset writes {CONTAINER_NAMES[container]}"
        return replace(track, why=why)
    if stream.codec in MATROSKA_SUBTITLES:
        return replace(track, result=stream.codec, encoder="copy")
    if stream.codec in CONVERTED_SUBTITLES:
        return replace(track, result="subrip", encoder="srt", why="Matroska doesn't support it")
    return replace(track, why="Matroska doesn't support it, and it can't be converted")
