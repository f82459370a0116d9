"""Names of machines and workers, and whether a worker of this machine is still alive."""

from __future__ import annotations

import hashlib
import os
import socket
from functools import cache
from pathlib import Path

PROC = Path("/proc")


@cache
def machine() -> str:
    """Return an id that differs between machines, containers and restarts of a machine.

    Process ids can be compared only if this is equal: two copies of a virtual machine have the same host name, and a
    container has its own process ids.
    """
    parts = [socket.gethostname()]
    for path in (PROC / "sys/kernel/random/boot_id", PROC / "self/ns/pid"):
        try:
            parts.append(str(path.readlink()) if path.is_symlink() else path.read_text().strip())
        except OSError:
            parts.append("")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def worker_name() -> str:
    """Return the name of this process. It contains its start time, because process ids are reused."""
    return f"{socket.gethostname()}:{os.getpid()}:{_start_ticks(os.getpid())}"


def is_running(name: str) -> bool:
    """Is a worker of this machine still alive? A zombie isn't."""
    pid, start_ticks = name.rsplit(":", 2)[1:] if name.count(":") > 1 else ("", "")
    return pid.isdigit() and start_ticks != "" and _start_ticks(int(pid)) == start_ticks


def _start_ticks(pid: int) -> str:
    """Return when a process started, in ticks since the machine did (proc(5)); "" for one that has ended."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]
