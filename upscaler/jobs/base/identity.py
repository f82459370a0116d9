"""What workers are called, and whether one of this machine's is still alive."""

from __future__ import annotations

import hashlib
import os
import socket
from functools import cache
from pathlib import Path

PROC = Path("/proc")


@cache
def machine() -> str:
    """Tells apart machines, containers, and the same machine before and after it was started anew.

    Process numbers mean something only where this is the same: two copies of a virtual machine have one name, and a
    container has numbers of its own.
    """
    said = [socket.gethostname()]
    for each in (PROC / "sys/kernel/random/boot_id", PROC / "self/ns/pid"):
        try:
            said.append(str(each.readlink()) if each.is_symlink() else each.read_text().strip())
        except OSError:
            said.append("")
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]


def worker_name() -> str:
    """Of this process. Holds when it began, because process numbers are used again."""
    return f"{socket.gethostname()}:{os.getpid()}:{_began(os.getpid())}"


def is_running(name: str) -> bool:
    """Does a worker of this very machine still live? A zombie does not."""
    pid, began = name.rsplit(":", 2)[1:] if name.count(":") > 1 else ("", "")
    return pid.isdigit() and began != "" and _began(int(pid)) == began


def _began(pid: int) -> str:
    """In ticks since the machine started, from proc(5); "" for a process that is gone."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]
