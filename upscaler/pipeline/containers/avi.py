"""The chunks of an AVI that ffmpeg gives no word of: empty ones, which say that the picture before them stays.

The layout is that of the AVI RIFF reference, with the extensions of OpenDML for files above a gigabyte.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

HEAD = 8
LISTS = (b"RIFF", b"LIST")
DEEPEST = 8
"""Lists within each other."""
OPENED = (b"AVI ", b"AVIX", b"movi", b"rec ")
"""Lists in which chunks of streams are, at some depth."""


@dataclass(frozen=True)
class Chunks:
    """How many chunks of one stream there are."""

    all: int
    empty_at_end: int


def chunks_of(path: Path, stream: int) -> Chunks:
    """Those of a stream by its number, as far as the file is whole."""
    name = b"%02d" % stream
    count = empty = 0
    with path.open("rb") as file:
        for kind, size in _walk(file, 0, path.stat().st_size):
            if kind[:2] == name and kind[2:] in (b"dc", b"db"):
                count, empty = count + 1, 0 if size else empty + 1
    return Chunks(count, empty)


def _walk(file: BinaryIO, at: int, end: int, depth: int = 0) -> Iterator[tuple[bytes, int]]:
    """Name and size of each chunk between two places, those of the lists that hold streams too."""
    while at + HEAD <= end and depth < DEEPEST:
        file.seek(at)
        head = file.read(HEAD + 4)
        kind, size = head[:4], int.from_bytes(head[4:HEAD], "little")
        if not kind.strip(b"\0"):
            return
        if kind in LISTS and head[HEAD:] in OPENED:
            yield from _walk(file, at + HEAD + 4, min(end, at + HEAD + size), depth + 1)
        else:
            yield kind, size
        at += HEAD + size + size % 2
