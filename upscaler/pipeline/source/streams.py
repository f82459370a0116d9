"""Read audio, subtitle and attachment streams from ffprobe's report."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from upscaler.pipeline.core.safe_text import printable
from upscaler.pipeline.core.stream_facts import AudioStream, Chapter, Font, LeftOut, SubtitleStream

NUMBER = re.compile(r"[+-]?\d{1,18}(\.\d{0,18})?(/[+-]?\d{1,18})?")
FONT_TYPE = "application/x-truetype-font"
MAX_LANGUAGE_LENGTH, MAX_TITLE_LENGTH, MAX_CHAPTERS = 16, 200, 1000


def audio_streams(streams: list[dict[str, Any]], container_start: Fraction) -> tuple[AudioStream, ...]:
    """Return the audio streams. ``container_start`` is subtracted from their start times, in seconds."""
    return tuple(
        AudioStream(
            index=index,
            codec=str(stream.get("codec_name", "unknown")),
            sample_rate=int(stream.get("sample_rate") or 0),
            channels=int(stream.get("channels") or 0),
            language=tag(stream, "language")[:MAX_LANGUAGE_LENGTH],
            title=tag(stream, "title")[:MAX_TITLE_LENGTH],
            start=fraction(stream["start_time"]) - container_start if "start_time" in stream else Fraction(0),
            layout=str(stream.get("channel_layout", "")),
            silent=_why_silent(stream),
        )
        for index, stream in enumerate(_of_type(streams, "audio"))
    )


def _why_silent(stream: dict[str, Any]) -> str:
    """Return why an audio stream can't be decoded, by its header alone; empty where it may be."""
    if closed := stream.get("closed"):
        return f"HaloWeb doesn't open {closed}"
    return "HaloWeb has no decoder for it" if stream.get("codec_name", "unknown") in ("unknown", "none", "") else ""


def subtitle_streams(streams: list[dict[str, Any]]) -> tuple[SubtitleStream, ...]:
    return tuple(
        SubtitleStream(
            index=index,
            codec=str(stream.get("codec_name", "unknown")),
            language=tag(stream, "language")[:MAX_LANGUAGE_LENGTH],
            title=tag(stream, "title")[:MAX_TITLE_LENGTH],
        )
        for index, stream in enumerate(_of_type(streams, "subtitle"))
    )


def fonts(streams: list[dict[str, Any]]) -> tuple[Font, ...]:
    """Return the attached fonts."""
    return tuple(
        Font(index, tag(stream, "filename")[:MAX_TITLE_LENGTH] or f"font-{index}", tag(stream, "mimetype") or FONT_TYPE)
        for index, stream in enumerate(_of_type(streams, "attachment"))
        if _is_font(stream)
    )


def other_attachments(streams: list[dict[str, Any]]) -> list[LeftOut]:
    """Return the attached files that aren't fonts."""
    return [
        LeftOut("attachment", tag(stream, "filename")[:MAX_TITLE_LENGTH], "only attached fonts are kept")
        for stream in _of_type(streams, "attachment")
        if not _is_font(stream)
    ]


def _is_font(stream: dict[str, Any]) -> bool:
    kind, name = tag(stream, "mimetype").lower(), tag(stream, "filename").lower()
    return "font" in kind or "opentype" in kind or name.endswith((".ttf", ".otf", ".ttc"))


def chapters(entries: list[dict[str, Any]], container_start: Fraction) -> tuple[Chapter, ...]:
    """Return the chapters that end after they begin, with times from the container's start."""
    read = [
        Chapter(
            start=fraction(entry.get("start_time")) - container_start,
            end=fraction(entry.get("end_time")) - container_start,
            title=tag(entry, "title")[:MAX_TITLE_LENGTH],
        )
        for entry in entries[:MAX_CHAPTERS]
    ]
    return tuple(chapter for chapter in read if 0 <= chapter.start < chapter.end)


def tag(of: dict[str, Any], name: str) -> str:
    """Return a tag's text, with a case-insensitive name; empty where missing."""
    return next((printable(str(text)) for key, text in of.get("tags", {}).items() if key.lower() == name), "")


def fraction(text: object) -> Fraction:
    """Return a number from a header, or 0 where it is missing or invalid.

    Exponents are invalid: Fraction("1e999999999") has a billion digits and takes for ever to compute.
    """
    number = str(text)
    try:
        return Fraction(number) if NUMBER.fullmatch(number) else Fraction(0)
    except ZeroDivisionError:
        return Fraction(0)


def _of_type(streams: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [stream for stream in streams if stream.get("codec_type") == kind]
