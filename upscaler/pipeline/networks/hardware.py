"""This machine's processors and GPUs, detected without loading torch."""

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
    """Return the number of cores for this process: hyperthreads of one core count once, within a container's limit."""
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
    """Return the control group's CPU limit; ``default`` without one."""
    try:
        granted, period = QUOTA.read_text().split()
        return int(granted) / int(period)
    except (OSError, ValueError):
        return default


def memory_bytes() -> int:
    """Return this machine's memory in bytes."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def has_bf16() -> bool:
    """Tell whether the processor multiplies in bfloat16."""
    import llvmlite.binding as llvm  # large, and most callers only count cores

    features = llvm.get_host_cpu_features()
    return bool(features.get("avx512bf16") or features.get("amx-bf16"))


def may_have_gpu() -> bool:
    """Return False where no GPU driver is installed, so that torch can't find a GPU."""
    if sys.platform == "darwin" or ROCM.exists():
        return True
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return True


def processor() -> str:
    """Return the processor's name."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def vectors() -> str:
    """Return the widest vector extension by which libraries choose their kernels, such as "avx512"; "" for others."""
    flags: set[str] = set()
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith(("flags", "Features")):
                flags = set(line.partition(":")[2].split())
                break
    return next((name for name, flag in VECTORS.items() if flag in flags), "")


def device_name() -> str:
    """Return the name of the GPU or the processor that networks run on, without loading torch."""
    for path in sorted(NVIDIA.glob("*/information")):
        for line in path.read_text().splitlines():
            if line.startswith("Model:"):
                return line.partition(":")[2].strip()
    return "GPU" if may_have_gpu() else f"{processor()}, {cores()} core{'s' if cores() > 1 else ''}"
