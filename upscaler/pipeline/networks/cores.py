"""What this machine computes with, found out without loading torch."""

from __future__ import annotations

import ctypes
import math
import os
import sys
from pathlib import Path

CPUS = Path("/sys/devices/system/cpu")
QUOTA = Path("/sys/fs/cgroup/cpu.max")
ROCM = Path("/dev/kfd")


def cores() -> int:
    """Cores that this process may use: hyperthreads of one count once, and a container's limit holds."""
    if not hasattr(os, "sched_getaffinity"):
        return os.cpu_count() or 1
    allowed = os.sched_getaffinity(0)
    siblings = {_siblings(number) for number in allowed}
    return max(1, min(len(siblings), math.ceil(_quota(len(allowed)))))


def _siblings(cpu: int) -> str:
    try:
        return (CPUS / f"cpu{cpu}" / "topology" / "thread_siblings_list").read_text().strip()
    except OSError:
        return str(cpu)


def _quota(default: float) -> float:
    """CPUs that a control group grants; ``default`` if it sets no limit."""
    try:
        granted, period = QUOTA.read_text().split()
        return int(granted) / int(period)
    except (OSError, ValueError):
        return default


def memory_bytes() -> int:
    """How much memory this machine has."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def has_bf16() -> bool:
    """Can the processor multiply in bfloat16?"""
    import llvmlite.binding as llvm  # large: not for those who only count cores

    features = llvm.get_host_cpu_features()
    return bool(features.get("avx512bf16") or features.get("amx-bf16"))


def may_have_gpu() -> bool:
    """False where torch can find none: there is no driver that it could ask."""
    if sys.platform == "darwin" or ROCM.exists():
        return True
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return True
