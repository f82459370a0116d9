"""What both benchmarks need: the machine, the versions, and a process tree under observation."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
SAMPLE_SECONDS = 0.5
"""Reading the memory map of a process holds it up a little: not more often than this."""


@dataclass(frozen=True)
class Run:
    """One finished program. ``peak_mib`` is the largest sum of PSS over its process tree, sampled, ``largest_mib`` that
    of its largest process.

    ``cpu_seconds`` are those of the whole tree: unlike ``seconds``, they say little of what else the machine did.
    """

    seconds: float
    cpu_seconds: float
    peak_mib: float
    largest_mib: float


def upscale_command(*arguments: str | Path) -> list[str]:
    """What script/upscale runs, with this Python."""
    return [sys.executable, "-m", "upscaler.cli", *map(str, arguments)]


def upscale_with(
    app: Path, source: Path, target: Path, *options: str, limit_seconds: float
) -> tuple[subprocess.CompletedProcess[str] | None, float]:
    """What script/upscale of the checkout ``app`` ends with, run with this Python, and the seconds that it takes.

    None in place of the former where it takes longer than ``limit_seconds``.
    """
    began = time.monotonic()
    try:
        finished = subprocess.run(
            upscale_command(source, target, "--json", "--force", *options), cwd=app,
            env=os.environ | {"PYTHONPATH": str(app)}, capture_output=True, text=True, check=False,
            timeout=limit_seconds,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None, time.monotonic() - began
    return finished, time.monotonic() - began


def run(command: Sequence[str]) -> Run:
    """Run to the end and watch. Raises RuntimeError, with its last words, when the program fails."""
    began, cpu_began = time.monotonic(), children_cpu()
    peak = largest = 0
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        while True:
            sizes = tree_pss(process.pid)
            peak, largest = max(peak, sum(sizes)), max(largest, *sizes, 0)
            with contextlib.suppress(subprocess.TimeoutExpired):
                words, _ = process.communicate(timeout=SAMPLE_SECONDS)
                break
    if process.returncode:
        raise RuntimeError(f"{command[:4]} ended with {process.returncode}: {words.decode()[-2000:]}")
    return Run(time.monotonic() - began, children_cpu() - cpu_began, peak / 1024**2, largest / 1024**2)


def children_cpu() -> float:
    """CPU-seconds of all descendants that have ended and were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def tree_pss(pid: int) -> list[int]:
    """Bytes: the proportional set size of a process and of each below it, so that shared pages count once."""
    sizes = []
    with contextlib.suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied, FileNotFoundError):
                sizes.append(process.memory_full_info().pss)
    return sizes


def machine() -> dict[str, str]:
    """Enough to compare two results by."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    installed = {distribution.name for distribution in importlib.metadata.distributions()}
    named = [name for name in ("torch", "realesrgan", "spandrel", "numpy") if name in installed]
    versions = {name: importlib.metadata.version(name) for name in named}
    ffmpeg = subprocess.check_output(["ffmpeg", "-version"], text=True).split()[2]
    return {
        "cpu": model,
        "cores": str(os.cpu_count()),
        "memory_gib": f"{psutil.virtual_memory().total / 1024**3:.1f}",
        "python": platform.python_version(),
        "ffmpeg": ffmpeg,
        **versions,
    }


def size_of(clip: Path) -> tuple[int, int]:
    """Width and height in pixels."""
    ask = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height", "-of", "csv=p=0"]
    width, height = subprocess.check_output([*ask, clip], text=True).split(",")[:2]
    return int(width), int(height)


def make_source(source: Path, target: Path, frames: int, *, rate: int | None = None, width: int | None = None) -> Path:
    """A clip of exactly so many frames from ``source``, looped as often as that takes, Xvid and MP3."""
    filters = [f"fps={rate}"] if rate else []
    filters += [f"scale={width}:-2"] if width else []
    seconds = frames / (rate or 30)
    subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-y", "-stream_loop", "-1", "-i", source,
         *(["-vf", ",".join(filters)] if filters else []), "-frames:v", str(frames), "-t", str(seconds + 1),
         "-c:v", "mpeg4", "-vtag", "XVID", "-q:v", "4", "-c:a", "libmp3lame", "-af", f"atrim=end={seconds}", target],
        check=True,
    )  # fmt: skip
    return target
