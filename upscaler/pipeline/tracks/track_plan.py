"""Everything in the file but its pictures: what a container takes as it is, what is encoded, what is left out.

One plan for the muxer, the check and the receipt, so that they can't disagree.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from typing import Any, Literal

from upscaler.pipeline.core.facts import AudioStream, Chapter, Facts, Font, SoundForm, SubtitleStream
from upscaler.pipeline.core.presets import Container, preset
from upscaler.pipeline.planning.plan import Plan

from .sound_format import DEEP, SAMPLE_BYTES, USUAL, form_of

PCM_IN_MOV = ("pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be", "pcm_f32le", "pcm_f32be")
COPIED: dict[Container, tuple[str, ...]] = {
    "mp4": ("aac", "mp3"),
    "mov": ("aac", *PCM_IN_MOV),
    "mkv": (
        *("aac", "ac3", "alac", "dts", "eac3", "flac", "mp2", "mp3", "opus", "tta", "vorbis", "wavpack"),
        *("pcm_u8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_f32le", "pcm_f64le"),
    ),
}
"""Sound that every reader of the container plays. More can be written, but editors and browsers balk at it."""

DEEP_CODECS = ("alac", "flac", "tta", "wavpack", "wmalossless", *(c for c in PCM_IN_MOV if "16" not in c), "pcm_f64le")
"""Those with more than 16 bits to keep."""

CONTAINER_NAMES: dict[Container, str] = {"mp4": "MP4", "mov": "QuickTime", "mkv": "Matroska"}
CODEC_NAMES = {
    "aac": "AAC",
    "flac": "FLAC",
    "pcm_s16le": "PCM of 16 bits",
    "pcm_s24le": "PCM of 24 bits",
    "subrip": "SubRip",
}
MATROSKA_SUBTITLES = ("subrip", "ass", "ssa", "webvtt", "hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle")
DRAWN_SUBTITLES = ("ass", "ssa")
CONVERTED_SUBTITLES = ("mov_text", "text")
AAC_BITRATE = "192k"
SLOWEST_MP3 = 16000
MOST_FLAC_CHANNELS = 8
MOST_AAC_CHANNELS = 16

Options = dict[str, str | int]
"""Of ffmpeg, by their names."""


@dataclass(frozen=True)
class Track:
    """What becomes of one stream of sound or subtitles. ``index`` is the source's, among its kind."""

    kind: Literal["audio", "subtitles"]
    index: int
    codec: str
    """In the source."""
    result: str = ""
    """Codec in the result, by ffprobe's name; empty if it is left out."""
    encoder: str = ""
    """By ffmpeg's name: "copy", or what encodes it; empty if it is left out."""
    language: str = ""
    title: str = ""
    why: str = ""
    """Why it was not copied, in words."""

    @property
    def is_copied(self) -> bool:
        return self.encoder == "copy"

    @property
    def name(self) -> str:
        """As sentences call it."""
        kind = "Sound track" if self.kind == "audio" else "Subtitle track"
        return f"{kind} {self.index + 1} ({self.codec})"

    @property
    def said(self) -> str:
        """What became of it, in a few words."""
        if self.is_copied:
            return "copied"
        return f"encoded as {CODEC_NAMES.get(self.result, self.result)}" if self.encoder else "left out"

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"said": self.said}


def container_of(plan: Plan) -> Container:
    return preset(plan.preset).container


def audio_tracks(facts: Facts, plan: Plan, container: Container) -> tuple[Track, ...]:
    """All of the source's sound, in order, also what is left out."""
    return tuple(_audio(stream, plan, container) for stream in facts.audio)


def subtitle_tracks(facts: Facts, container: Container) -> tuple[Track, ...]:
    """All of the source's subtitles, in order, also what is left out."""
    return tuple(_subtitles(stream, container) for stream in facts.subtitles)


def fonts(facts: Facts, container: Container) -> tuple[Font, ...]:
    """The attached fonts, where the container takes them and has subtitles that are drawn with them."""
    is_drawn = any(track.result in DRAWN_SUBTITLES for track in subtitle_tracks(facts, container))
    return facts.fonts if is_drawn else ()


def kept(tracks: tuple[Track, ...]) -> tuple[Track, ...]:
    """Those that are in the result."""
    return tuple(track for track in tracks if track.encoder)


def audible(facts: Facts) -> tuple[AudioStream, ...]:
    """The audio streams that can be carried over: those of which something can be heard."""
    return tuple(stream for stream in facts.audio if not stream.silent)


def chapters(facts: Facts, plan: Plan) -> tuple[Chapter, ...]:
    """The source's chapters in the result's time, in seconds; those that a trim leaves nothing of are gone."""
    zero = plan.zero
    end = plan.start + plan.duration - zero
    chapters = (Chapter(facts.moved(one.start), facts.moved(one.end), one.title) for one in facts.chapters)
    moved = (Chapter(max(one.start - zero, Fraction(0)), min(one.end - zero, end), one.title) for one in chapters)
    return tuple(one for one in moved if round(one.start * 1000) < round(one.end * 1000))


def sound_options(track: Track, number: int) -> Options:
    """The encoder's, for the result's track of that number."""
    if track.encoder == "aac":
        return {f"b:a:{number}": AAC_BITRATE}
    if track.encoder == "flac":
        return {f"sample_fmt:a:{number}": "s32" if track.codec in DEEP_CODECS else "s16"}
    return {}


def form_in(stream: AudioStream, track: Track) -> SoundForm:
    """The form in which a track is handed to its encoder."""
    return form_of(stream, MOST_AAC_CHANNELS) if track.encoder == "aac" else form_of(stream)


def laid_bytes(facts: Facts, plan: Plan) -> int:
    """Room for the sound that is encoded, as bare samples, while the result is put together."""
    return sum(
        round(plan.duration * form_in(stream, track).rate)
        * form_in(stream, track).channels
        * SAMPLE_BYTES[samples_in(track)]
        for stream, track in zip(facts.audio, audio_tracks(facts, plan, container_of(plan)), strict=True)
        if track.encoder and not track.is_copied
    )


def samples_in(track: Track) -> str:
    """How finely."""
    return DEEP if track.codec in DEEP_CODECS else USUAL


def _audio(stream: AudioStream, plan: Plan, container: Container) -> Track:
    track = Track("audio", stream.index, stream.codec, language=stream.language, title=stream.title)
    if stream.silent:
        return replace(track, why=stream.silent)
    is_taken = stream.codec in COPIED[container] and not _is_slow_mp3(stream, container)
    if is_taken and stream.is_plain and not plan.is_trimmed:
        return replace(track, result=stream.codec, encoder="copy")
    encoder = _sound_encoder(stream, container)
    return replace(track, result=encoder, encoder=encoder, why=_why_encoded(stream, plan, container, is_taken))


def _why_encoded(stream: AudioStream, plan: Plan, container: Container, is_taken: bool) -> str:
    if not is_taken:
        return f"not every {CONTAINER_NAMES[container]} player takes it"
    if plan.is_trimmed:
        return "a trim cuts within its packets"
    if stream.shifts or stream.slips:
        return "its clock jumps, and it has to stay with the pictures"
    return "its sample rate or its channels change midway"


def _is_slow_mp3(stream: AudioStream, container: Container) -> bool:
    """MP4 knows MP3 from 16 kHz on; Flash had plenty below."""
    return container == "mp4" and stream.codec == "mp3" and stream.sample_rate < SLOWEST_MP3


def _sound_encoder(stream: AudioStream, container: Container) -> str:
    if container == "mp4":
        return "aac"
    if container == "mkv" and stream.channels <= MOST_FLAC_CHANNELS:
        return "flac"
    return "pcm_s24le" if stream.codec in DEEP_CODECS else "pcm_s16le"


def _subtitles(stream: SubtitleStream, container: Container) -> Track:
    track = Track("subtitles", stream.index, stream.codec, language=stream.language, title=stream.title)
    if stream.silent:
        return replace(track, why=stream.silent)
    if container != "mkv":
        why = f"subtitles go into Matroska only, and this preset writes {CONTAINER_NAMES[container]}"
        return replace(track, why=why)
    if stream.codec in MATROSKA_SUBTITLES:
        return replace(track, result=stream.codec, encoder="copy")
    if stream.codec in CONVERTED_SUBTITLES:
        return replace(track, result="subrip", encoder="srt", why="Matroska does not take it")
    return replace(track, why="Matroska does not take it, and it can't be converted")
