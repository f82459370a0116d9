"""Read from the header of a Windows Media file what ffprobe doesn't report: encryption and declared duration.

The objects and their numbers are those of the Advanced Systems Format specification, revision 01.20.03.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from uuid import UUID

HEADER = UUID("75B22630-668E-11CF-A6D9-00AA0062CE6C")
FILE_PROPERTIES = UUID("8CABDCA1-A947-11CF-8EE4-00C00C205365")
ENCRYPTION_OBJECTS = frozenset(
    {
        UUID("2211B3FB-BD23-11D2-B4B7-00A0C955FC6E"),  # content encryption
        UUID("298AE614-2622-4C17-B935-DAE07EE9289C"),  # extended content encryption
        UUID("43058533-6981-49E6-9B74-AD12CB86D58C"),  # advanced content encryption
    }
)
HEADER_START, OBJECT_START = 30, 24
"""Bytes before the first object, and of an object's name and size."""
MAX_OBJECTS = 1000
PROPERTIES = struct.Struct("<16s3Q2QQI")
"""File ID, size, date and packets; play and send durations of 100 ns, preroll in ms, flags."""
IS_BROADCAST = 1


@dataclass(frozen=True)
class AsfHeader:
    """``seconds`` is the declared duration, 0 where there is none."""

    is_locked: bool = False
    seconds: Fraction = Fraction(0)


def read_asf_header(path: Path) -> AsfHeader:
    """Read the objects of a header, as far as it is complete. Other files give the defaults."""
    is_locked, seconds = False, Fraction(0)
    with path.open("rb") as file:
        start = file.read(HEADER_START)
        if len(start) < HEADER_START or UUID(bytes_le=start[:16]) != HEADER:
            return AsfHeader()
        position, end = HEADER_START, int.from_bytes(start[16:24], "little")
        for _ in range(MAX_OBJECTS):
            file.seek(position)
            head = file.read(OBJECT_START)
            size = int.from_bytes(head[16:], "little")
            if len(head) < OBJECT_START or size < OBJECT_START or position >= end:
                break
            name = UUID(bytes_le=head[:16])
            is_locked |= name in ENCRYPTION_OBJECTS
            if name == FILE_PROPERTIES:
                seconds = _seconds(file.read(PROPERTIES.size))
            position += size
    return AsfHeader(is_locked, seconds)


def _seconds(properties: bytes) -> Fraction:
    if len(properties) < PROPERTIES.size:
        return Fraction(0)
    *_, play, _send, preroll, flags = PROPERTIES.unpack(properties)
    return Fraction(0) if flags & IS_BROADCAST else max(Fraction(0), Fraction(play, 10**7) - Fraction(preroll, 1000))
