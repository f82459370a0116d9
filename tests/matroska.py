"""Matroska files that no program writes, element by element (RFC 8794, RFC 9559)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

from tests.clips import ffmpeg


def element(identifier: str, content: bytes) -> bytes:
    """``identifier`` in hexadecimal; its size takes eight bytes."""
    return bytes.fromhex(identifier) + (len(content) | 1 << 56).to_bytes(8, "big") + content


def number(identifier: str, value: int) -> bytes:
    return element(identifier, value.to_bytes(8, "big"))


def pictures_at(times: Sequence[int], target: Path, *, tick_ns: int = 1_000_000, tags: int = 0) -> Path:
    """A film of 64x48 with a frame at each of these ticks, and so many tags, each in an element of its own."""
    track = (
        number("D7", 1)
        + number("73C5", 1)
        + number("83", 1)
        + element("86", b"V_MPEG4/ISO/ASP")
        + element("E0", number("B0", 64) + number("BA", 48))
    )
    segment = element("1549A966", number("2AD7B1", tick_ns)) + element("1654AE6B", element("AE", track))
    if tags:
        segment += element("1254C367", b"".join(_tag(f"TAG{number}".encode()) for number in range(tags)))
    for time, frame in zip(times, _frames(len(times), target.with_suffix(".avi")), strict=True):
        segment += element("1F43B675", number("E7", time) + element("A3", b"\x81\0\0\x80" + frame))
    target.write_bytes(element("1A45DFA3", element("4282", b"matroska")) + element("18538067", segment))
    return target


def _tag(name: bytes) -> bytes:
    return element("7373", element("63C0", b"") + element("67C8", element("45A3", name) + element("4487", b"x")))


def _frames(count: int, clip: Path) -> list[bytes]:
    """MPEG-4 frames that differ, each one whole by itself."""
    ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25", "-frames:v", str(count), "-c:v", "mpeg4", "-g", "1", clip
    )
    data, frames = clip.read_bytes(), list[bytes]()
    at = data.index(b"movi")
    while (at := data.find(b"00dc", at)) >= 0 and len(frames) < count:
        (size,) = struct.unpack_from("<I", data, at + 4)
        frames.append(data[at + 8 : at + 8 + size])
        at += 8 + size
    return frames
