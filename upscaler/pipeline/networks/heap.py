"""Keep freed memory for the next frame, instead of giving it back to the kernel and asking again.

A layer of the network writes some 20 MB; by default glibc returns each such block at once, and every
frame pays for its pages anew: 55,000 page faults and 0.13 s of system time a frame of 320x240, which
is a tenth of the whole. With these thresholds there are none. See mallopt(3).
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


def keep_heap() -> None:
    """Tell glibc; does nothing with another libc."""
    if not sys.platform.startswith("linux"):
        return
    with contextlib.suppress(AttributeError, OSError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_MMAP_THRESHOLD, LARGEST_MMAP_THRESHOLD)
        mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)
        mallopt(M_ARENA_MAX, 1)  # those of threads hold no block of that size, and keep none
