"""Settings of glibc's malloc for freed memory: keep it for the next frame, or return it. See mallopt(3).

A layer of a network on torch writes some 20 MB; by default glibc returns each such block at once, and every frame
allocates its pages again: 55,000 page faults and 0.13 s of system time per frame of 320x240, a tenth of the total. With
these blocks kept there are none, but fragmentation by frames of other sizes grows slowly. Where the network manages
its own memory, only a few pictures per frame are allocated, and they are returned.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys

M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3
M_ARENA_MAX = -8

LARGEST_MMAP_THRESHOLD = 32 * 1024**2
"""Largest value that glibc accepts on 64-bit machines."""
KEPT_BYTES = 1024**3
PICTURE_BYTES = 1024**2
"""Blocks from this size on have their own pages where memory is returned."""


def keep_freed_memory() -> None:
    """Keep the freed blocks of a network's layers. Works with glibc only."""
    _set({M_MMAP_THRESHOLD: LARGEST_MMAP_THRESHOLD, M_TRIM_THRESHOLD: KEPT_BYTES, M_ARENA_MAX: 1})


def return_freed_memory() -> None:
    """Return freed pictures at once, so that memory stays flat. Works with glibc only."""
    _set({M_MMAP_THRESHOLD: PICTURE_BYTES, M_TRIM_THRESHOLD: PICTURE_BYTES, M_ARENA_MAX: 1})


def _set(options: dict[int, int]) -> None:
    """Set options; callers also set one arena for all threads, since threads' own arenas keep no large block."""
    if not sys.platform.startswith("linux"):
        return
    with contextlib.suppress(AttributeError, OSError):
        mallopt = ctypes.CDLL(None).mallopt
        for option, value in options.items():
            mallopt(option, value)
