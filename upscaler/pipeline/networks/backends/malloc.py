"""What the C library does with freed memory: kept for the next frame, or given back. See mallopt(3).

A layer of a network on torch writes some 20 MB; by default glibc returns each such block at once, and every frame pays
for its pages anew: 55,000 page faults and 0.13 s of system time a frame of 320x240, which is a tenth of the whole. With
these blocks kept there are none. But frames of other sizes lie between them, and what is kept grows slowly. Where the
network has its own memory, only a few pictures a frame come and go: those are given back.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys

M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3
M_ARENA_MAX = -8

LARGEST_MMAP_THRESHOLD = 32 * 1024**2
"""The most that glibc takes on 64-bit machines."""
KEPT_BYTES = 1024**3
PICTURE_BYTES = 1024**2
"""Blocks from this size on have pages of their own where memory is given back."""


def keep_heap() -> None:
    """Keep the blocks of a network's layers; does nothing with another libc than glibc."""
    _set({M_MMAP_THRESHOLD: LARGEST_MMAP_THRESHOLD, M_TRIM_THRESHOLD: KEPT_BYTES, M_ARENA_MAX: 1})


def give_back() -> None:
    """Give pictures back when they are done with, so that memory is as flat as the work; only with glibc, too."""
    _set({M_MMAP_THRESHOLD: PICTURE_BYTES, M_TRIM_THRESHOLD: PICTURE_BYTES, M_ARENA_MAX: 1})


def _set(options: dict[int, int]) -> None:
    """One arena for all: those of threads hold no large block, and keep none."""
    if not sys.platform.startswith("linux"):
        return
    with contextlib.suppress(AttributeError, OSError):
        mallopt = ctypes.CDLL(None).mallopt
        for option, value in options.items():
            mallopt(option, value)
