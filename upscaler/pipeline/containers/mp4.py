"""The parts of MP4 that segments need: boxes, initialisation, samples of fragments (ISO/IEC 14496-12, 4.2 and 8.8)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from upscaler.pipeline.core.errors import PipelineError

COPY_BYTES = 1024 * 1024
INIT_BOXES = (b"ftyp", b"moov")


def concatenate_segments(segments: list[Path]) -> Iterator[bytes]:
    """Yield the bytes of one fragmented MP4: the first segment, then the others without their initialisation boxes.

    These are identical, since the same encoder wrote all segments with the same options.
    Raises PipelineError for a missing file, or one with an incomplete box.
    """
    for number, path in enumerate(segments):
        if not path.is_file():
            raise PipelineError(
                f"The segment file {path.name} is missing from the disk. Start the job again.", permanent=True
            )
        with path.open("rb") as file:
            for kind, size in _boxes(file, path):
                if number and kind in INIT_BOXES:
                    file.seek(size, 1)
                else:
                    yield from _copy(file, size, path)


def count_frames(segment: Path) -> int:
    """Return how many samples the fragments of a file with one track have.

    The headers of fragments count only if the file is complete: on a full disk, ffmpeg reports success although the end
    of its output is missing. Raises PipelineError for a file with an incomplete box.
    """
    count, announced, whole = 0, 0, segment.stat().st_size
    with segment.open("rb") as file:
        for kind, size in _boxes(file, segment):
            if file.tell() + size > whole:
                raise _cut_off(segment)
            if kind == b"moof":
                announced = _samples(file.read(size)[8:])
                continue
            if kind == b"mdat":
                count, announced = count + announced, 0
            file.seek(size, 1)
    if announced:
        raise _cut_off(segment)
    return count


def has_media(path: Path) -> bool:
    """Return whether a file contains its media. A QuickTime movie may only point to another file.

    True for files that aren't QuickTime movies.
    """
    with path.open("rb") as file:
        try:
            kinds = [_passed(file, kind, size) for kind, size in _boxes(file, path)]
        except PipelineError:
            return True
    return b"mdat" in kinds or b"moov" not in kinds


def _passed(file: BinaryIO, kind: bytes, size: int) -> bytes:
    file.seek(size, 1)
    return kind


def _samples(boxes: bytes) -> int:
    """Return the number of samples of all track runs in these boxes, at any depth."""
    count, at = 0, 0
    while at < len(boxes):
        size, kind = max(8, int.from_bytes(boxes[at : at + 4], "big")), boxes[at + 4 : at + 8]
        if kind == b"traf":
            count += _samples(boxes[at + 8 : at + size])
        elif kind == b"trun":
            count += int.from_bytes(boxes[at + 12 : at + 16], "big")
        at += size
    return count


def _cut_off(path: Path) -> PipelineError:
    return PipelineError(f"The segment file {path.name} is incomplete.", permanent=False)


def init_bytes(start: bytes) -> int:
    """Return the length of the initialisation boxes at the start of a fragmented MP4.

    0 if they are incomplete.
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
    """Yield kind and total size of each box, with the file at its first byte. The caller seeks to its end."""
    while head := file.read(8):
        length = 8
        size = int.from_bytes(head[:4], "big")
        if size == 1:
            size = int.from_bytes(file.read(8), "big")
            length = 16
        if len(head) < 8 or size < length:
            raise PipelineError(f"The segment file {path.name} is damaged.", permanent=False)
        file.seek(-length, 1)
        yield head[4:8], size


def _copy(file: BinaryIO, size: int, path: Path) -> Iterator[bytes]:
    while size:
        part = file.read(min(size, COPY_BYTES))
        if not part:
            raise _cut_off(path)
        size -= len(part)
        yield part
