"""Everything in the file but its pictures: what a container takes as it is, what is encoded, what is left out.

One plan for the muxer, the check and the receipt, so that they can't disagree.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from typing import Any, Literal

from . import ffmpeg
from .facts import AudioStream, Chapter, Facts, SubtitleStream
from .plan import Plan
from .presets import Container, preset

SILENT_CODECS = ("unknown", "none", "")
BEYOND_PICTURES = Fraction(60)
"""Seconds after the last picture up to which sound is encoded: a broken timestamp must not make a day of silence."""

SHORTEST_GAP = "0.01"
"""Seconds. Containers that round timestamps to milliseconds stay below it."""

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
CONVERTED_SUBTITLES = ("mov_text", "text")
AAC_BITRATE = "192k"
SLOWEST_MP3 = 16000

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


def kept(tracks: tuple[Track, ...]) -> tuple[Track, ...]:
    """Those that are in the result."""
    return tuple(track for track in tracks if track.encoder)


def audible(facts: Facts) -> tuple[AudioStream, ...]:
    """The audio streams that can be carried over: those with a decoder."""
    return tuple(stream for stream in facts.audio if _has_decoder(stream))


def chapters(facts: Facts, plan: Plan) -> tuple[Chapter, ...]:
    """The source's chapters in the result's time, in seconds; those that a trim leaves nothing of are gone."""
    zero = plan.start if plan.is_trimmed else Fraction(0)
    end = plan.start + plan.duration - zero
    moved = (Chapter(max(one.start - zero, Fraction(0)), min(one.end - zero, end), one.title) for one in facts.chapters)
    return tuple(one for one in moved if round(one.start * 1000) < round(one.end * 1000))


def believable(node: ffmpeg.Stream, pictures_end: Fraction) -> ffmpeg.Stream:
    """A source's sound without what comes at a time that can't be true: silence would be put before it.

    ``pictures_end`` in seconds of the source's time.
    """
    begins, ends = -BEYOND_PICTURES, pictures_end + BEYOND_PICTURES
    return node.filter("aselect", f"isnan(t)+between(t,{float(begins):.6f},{float(ends):.6f})")


def in_place(node: ffmpeg.Stream, *rate: int) -> ffmpeg.Stream:
    """Sound with silence for a late start and for every gap in its timestamps, resampled to a ``rate`` if there is one.

    By itself ffmpeg closes gaps of less than a tenth of a second, and what follows comes too early.
    """
    return node.filter("aresample", *rate, **{"async": 1, "min_hard_comp": SHORTEST_GAP, "first_pts": 0})


def sound_options(track: Track, number: int) -> Options:
    """The encoder's, for the result's track of that number."""
    if track.encoder == "aac":
        return {f"b:a:{number}": AAC_BITRATE}
    if track.encoder == "flac":
        return {f"sample_fmt:a:{number}": "s32" if track.codec in DEEP_CODECS else "s16"}
    return {}


def _audio(stream: AudioStream, plan: Plan, container: Container) -> Track:
    track = Track("audio", stream.index, stream.codec, language=stream.language, title=stream.title)
    if not _has_decoder(stream):
        return replace(track, why="nothing here can decode it")
    is_taken = stream.codec in COPIED[container] and not _is_slow_mp3(stream, container)
    if is_taken and not plan.is_trimmed:
        return replace(track, result=stream.codec, encoder="copy")
    why = "a trim cuts within its packets" if is_taken else f"not every {CONTAINER_NAMES[container]} player takes it"
    encoder = _sound_encoder(stream, container)
    return replace(track, result=encoder, encoder=encoder, why=why)


def _has_decoder(stream: AudioStream) -> bool:
    return stream.codec not in SILENT_CODECS and stream.channels > 0


def _is_slow_mp3(stream: AudioStream, container: Container) -> bool:
    """MP4 knows MP3 from 16 kHz on; Flash had plenty below."""
    return container == "mp4" and stream.codec == "mp3" and stream.sample_rate < SLOWEST_MP3


def _sound_encoder(stream: AudioStream, container: Container) -> str:
    if container == "mp4":
        return "aac"
    if container == "mkv":
        return "flac"
    return "pcm_s24le" if stream.codec in DEEP_CODECS else "pcm_s16le"


def _subtitles(stream: SubtitleStream, container: Container) -> Track:
    track = Track("subtitles", stream.index, stream.codec, language=stream.language, title=stream.title)
    if container != "mkv":
        why = f"subtitles go into Matroska only, and this preset writes {CONTAINER_NAMES[container]}"
        return replace(track, why=why)
    if stream.codec in MATROSKA_SUBTITLES:
        return replace(track, result=stream.codec, encoder="copy")
    if stream.codec in CONVERTED_SUBTITLES:
        return replace(track, result="subrip", encoder="srt", why="Matroska does not take it")
    return replace(track, why="Matroska does not take it, and it can't be converted")
