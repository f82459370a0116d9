"""ffprobe's words on the streams beside the pictures, read into facts."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from upscaler.pipeline.core.facts import AudioStream, Chapter, Font, LeftOut, SubtitleStream
from upscaler.pipeline.core.printable import printable

NUMBER = re.compile(r"[+-]?\d{1,18}(\.\d{0,18})?(/[+-]?\d{1,18})?")
FONT_TYPE = "application/x-truetype-font"
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
            layout=str(stream.get("channel_layout", "")),
            silent=_why_silent(stream),
        )
        for index, stream in enumerate(_of_type(streams, "audio"))
    )


def _why_silent(stream: dict[str, Any]) -> str:
    """Why a stream of sound can't be decoded, by its header alone; empty where it may be."""
    if closed := stream.get("closed"):
        return f"{closed} is not opened here"
    return "nothing here can decode it" if stream.get("codec_name", "unknown") in ("unknown", "none", "") else ""


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


def fonts(streams: list[dict[str, Any]]) -> tuple[Font, ...]:
    """The attached files that subtitles are drawn with."""
    return tuple(
        Font(index, tag(stream, "filename")[:LONGEST_TITLE] or f"font-{index}", tag(stream, "mimetype") or FONT_TYPE)
        for index, stream in enumerate(_of_type(streams, "attachment"))
        if _is_font(stream)
    )


def other_attachments(streams: list[dict[str, Any]]) -> list[LeftOut]:
    """The attached files that are something else."""
    return [
        LeftOut("attachment", tag(stream, "filename")[:LONGEST_TITLE], "only attached fonts are kept")
        for stream in _of_type(streams, "attachment")
        if not _is_font(stream)
    ]


def _is_font(stream: dict[str, Any]) -> bool:
    kind, name = tag(stream, "mimetype").lower(), tag(stream, "filename").lower()
    return "font" in kind or "opentype" in kind or name.endswith((".ttf", ".otf", ".ttc"))


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
    return next((printable(str(text)) for key, text in of.get("tags", {}).items() if key.lower() == name), "")


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
