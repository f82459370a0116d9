"""``python -m haloweb.parent_death PROGRAM ARG...``: become the program, and die with the parent process.

A killed supervisord leaves its programs running, and a new one could not start beside them.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""prctl(2). It is kept by exec, and cleared by fork."""


def die_with_parent(parent: int) -> None:
    """Have this process killed when the thread of its parent that started it ends. Works on Linux only."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before we could ask
        os._exit(1)


def main() -> None:
    die_with_parent(os.getppid())
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606  that is what it is for


if __name__ == "__main__":
    main()
