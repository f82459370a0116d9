"""What this machine computes with, found out without loading torch."""

from __future__ import annotations

import ctypes
import math
import os
import platform
import sys
from contextlib import suppress
from pathlib import Path

CPUS = Path("/sys/devices/system/cpu")
QUOTA = Path("/sys/fs/cgroup/cpu.max")
ROCM = Path("/dev/kfd")
VECTORS = {"amx": "amx_tile", "avx512": "avx512f", "avx2": "avx2", "sve": "sve", "neon": "asimd"}
"""By the flags in /proc/cpuinfo, widest first."""
NVIDIA = Path("/proc/driver/nvidia/gpus")


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


def processor() -> str:
    """Its name, as its makers write it."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def vectors() -> str:
    """The widest vectors of the processor that libraries choose their sums by, such as "avx512"; "" for others."""
    flags: set[str] = set()
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith(("flags", "Features")):
                flags = set(line.partition(":")[2].split())
                break
    return next((name for name, flag in VECTORS.items() if flag in flags), "")


def device_name() -> str:
    """What networks run on here, in words, without asking torch: the GPU's name, or the processor's."""
    for told in sorted(NVIDIA.glob("*/information")):
        for line in told.read_text().splitlines():
            if line.startswith("Model:"):
                return line.partition(":")[2].strip()
    return "GPU" if may_have_gpu() else f"{processor()}, {cores()} core{'s' if cores() > 1 else ''}"
