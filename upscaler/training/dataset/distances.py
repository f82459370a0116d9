"""Distances of perceptual hashes: the number of bits in which they differ."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]


class DistinctHashes:
    """A growing set of hashes that differ from each other."""

    def __init__(self) -> None:
        self._hashes: Hashes = np.empty(64, np.uint64)
        self._count = 0

    def add(self, value: int, min_distance: int) -> bool:
        """Add a hash, unless it differs from one in the set by fewer than ``min_distance`` bits.

        Returns whether it was added.
        """
        if self._count and int(distances(self._hashes[: self._count], value).min()) < min_distance:
            return False
        if self._count == len(self._hashes):
            self._hashes = np.concatenate((self._hashes, np.empty_like(self._hashes)))
        self._hashes[self._count] = value
        self._count += 1
        return True


def distances(hashes: Hashes, value: int) -> NDArray[np.uint8]:
    """Return the distance of each hash to ``value``, in bits, 0 to 64."""
    return np.asarray(np.bitwise_count(hashes ^ np.uint64(value)), np.uint8)
