"""``python -m haloweb.parent_death PROGRAM ARG...``: become the program, and die with whoever started it.

supervisord that is killed leaves its programs running, and a new one could not start beside them.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""prctl(2). It holds beyond exec, and is given up by fork."""


def die_with_parent(parent: int) -> None:
    """From now on, this process is killed when its parent's thread that made it ends. Does nothing but on Linux."""
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
