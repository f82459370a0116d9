"""As much of the MP4 container as joining and playing in parts need: the top-level boxes (ISO/IEC 14496-12, 4.2)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from .errors import PipelineError

COPY_BYTES = 1024 * 1024
INIT_BOXES = (b"ftyp", b"moov")


def joined(segments: list[Path]) -> Iterator[bytes]:
    """The bytes of one fragmented MP4: the first segment whole, of the others all but their head.

    The heads are identical, since all were written by the same encoder with the same options.
    Raises PipelineError for a file that is gone, or not made of whole boxes.
    """
    for number, path in enumerate(segments):
        if not path.is_file():
            raise PipelineError(f"The segment {path.name} is gone from the disk; start the job again.")
        with path.open("rb") as file:
            for kind, size in _boxes(file, path):
                if number and kind in INIT_BOXES:
                    file.seek(size, 1)
                else:
                    yield from _copy(file, size, path)


def head_bytes(start: bytes) -> int:
    """How long the head is, which says what the fragments behind it are, in the first bytes of a fragmented MP4.

    0 if these hold no whole head.
    """
    at = 0
    seen = b""
    while len(box := start[at : at + 8]) == 8:
        size, kind = int.from_bytes(box[:4], "big"), box[4:]
        if kind not in INIT_BOXES:
            return at if seen == INIT_BOXES[-1] else 0
        if size < 8:
            return 0
        at, seen = at + size, kind
    return 0


def _boxes(file: BinaryIO, path: Path) -> Iterator[tuple[bytes, int]]:
    """Kind and whole size of each box, with the file at the box's first byte. The caller moves on."""
    while head := file.read(8):
        length = 8
        size = int.from_bytes(head[:4], "big")
        if size == 1:
            size = int.from_bytes(file.read(8), "big")
            length = 16
        if len(head) < 8 or size < length:
            raise PipelineError(f"The segment {path.name} is damaged.", permanent=False)
        file.seek(-length, 1)
        yield head[4:8], size


def _copy(file: BinaryIO, size: int, path: Path) -> Iterator[bytes]:
    while size:
        part = file.read(min(size, COPY_BYTES))
        if not part:
            raise PipelineError(f"The segment {path.name} was cut off.", permanent=False)
        size -= len(part)
        yield part
