"""ffprobe's words on the streams beside the pictures, read into facts."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from .facts import AudioStream, Chapter, SubtitleStream

NUMBER = re.compile(r"[+-]?\d{1,18}(\.\d{0,18})?(/[+-]?\d{1,18})?")
LONGEST_LANGUAGE, LONGEST_TITLE, MOST_CHAPTERS = 16, 200, 1000


def audio_streams(streams: list[dict[str, Any]], container_start: Fraction) -> tuple[AudioStream, ...]:
    """``container_start`` is what their start times are counted from, in seconds."""
    return tuple(
        AudioStream(
            index=index,
            codec=str(stream.get("codec_name", "unknown")),
            sample_rate=int(stream.get("sample_rate") or 0),
            channels=int(stream.get("channels") or 0),
            language=tag(stream, "language")[:LONGEST_LANGUAGE],
            title=tag(stream, "title")[:LONGEST_TITLE],
            start=fraction(stream["start_time"]) - container_start if "start_time" in stream else Fraction(0),
        )
        for index, stream in enumerate(_of_type(streams, "audio"))
    )


def subtitle_streams(streams: list[dict[str, Any]]) -> tuple[SubtitleStream, ...]:
    return tuple(
        SubtitleStream(
            index=index,
            codec=str(stream.get("codec_name", "unknown")),
            language=tag(stream, "language")[:LONGEST_LANGUAGE],
            title=tag(stream, "title")[:LONGEST_TITLE],
        )
        for index, stream in enumerate(_of_type(streams, "subtitle"))
    )


def chapters(found: list[dict[str, Any]], container_start: Fraction) -> tuple[Chapter, ...]:
    """Those that end after they begin, from the container's start on; nonsense is left out."""
    read = [
        Chapter(
            start=fraction(one.get("start_time")) - container_start,
            end=fraction(one.get("end_time")) - container_start,
            title=tag(one, "title")[:LONGEST_TITLE],
        )
        for one in found[:MOST_CHAPTERS]
    ]
    return tuple(chapter for chapter in read if 0 <= chapter.start < chapter.end)


def tag(of: dict[str, Any], name: str) -> str:
    """A tag's text, however its name is written; empty where there is none."""
    return next((str(text) for key, text in of.get("tags", {}).items() if key.lower() == name), "")


def fraction(text: object) -> Fraction:
    """A number that a header gave, or 0 where it is missing or nonsense.

    Exponents are nonsense: Fraction("1e999999999") is a number of a billion digits, and takes the processor for ever.
    """
    said = str(text)
    try:
        return Fraction(said) if NUMBER.fullmatch(said) else Fraction(0)
    except ZeroDivisionError:
        return Fraction(0)


def _of_type(streams: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [stream for stream in streams if stream.get("codec_type") == kind]
