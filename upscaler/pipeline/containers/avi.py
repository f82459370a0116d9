"""Count the empty chunks of an AVI, which ffmpeg skips. They mean that the previous picture stays.

The layout is that of the AVI RIFF reference, with the extensions of OpenDML for files above a gigabyte.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

HEADER_BYTES = 8
LISTS = (b"RIFF", b"LIST")
MAX_DEPTH = 8
"""Maximum nesting of lists."""
STREAM_LISTS = (b"AVI ", b"AVIX", b"movi", b"rec ")
"""Lists that contain chunks of streams."""


@dataclass(frozen=True)
class ChunkCounts:
    """Numbers of chunks of one stream."""

    all: int
    empty_at_end: int


def count_chunks(path: Path, stream: int) -> ChunkCounts:
    """Count the chunks of a stream, as far as the file is complete."""
    name = b"%02d" % stream
    count = empty = 0
    with path.open("rb") as file:
        for kind, size in _walk(file, 0, path.stat().st_size):
            if kind[:2] == name and kind[2:] in (b"dc", b"db"):
                count, empty = count + 1, 0 if size else empty + 1
    return ChunkCounts(count, empty)


def _walk(file: BinaryIO, at: int, end: int, depth: int = 0) -> Iterator[tuple[bytes, int]]:
    """Yield name and size of each chunk between two offsets, including those in lists of streams."""
    while at + HEADER_BYTES <= end and depth < MAX_DEPTH:
        file.seek(at)
        head = file.read(HEADER_BYTES + 4)
        kind, size = head[:4], int.from_bytes(head[4:HEADER_BYTES], "little")
        if not kind.strip(b"\0"):
            return
        if kind in LISTS and head[HEADER_BYTES:] in STREAM_LISTS:
            yield from _walk(file, at + HEADER_BYTES + 4, min(end, at + HEADER_BYTES + size), depth + 1)
        else:
            yield kind, size
        at += HEADER_BYTES + size + size % 2
