"""The FFmpeg with period encoders, libvmaf and XPSNR that every machine runs in the same build.

The package imageio-ffmpeg holds it: a GPL program, run as a program. It reads and writes files that HaloWeb made;
captures and videos of others are decoded by the system's ffmpeg.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path

from upscaler.pipeline.core.errors import PipelineError, TooMuch
from upscaler.pipeline.core.frame import Frame, flat
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.programs.ffmpeg import CPU_SECONDS, MAX_OUTPUT_BYTES, MEMORY_BYTES, quiet
from upscaler.pipeline.programs.process import PIPE_BYTES, Process

PACKAGE = "imageio_ffmpeg"
MISSING = "The package imageio-ffmpeg isn't installed. Run pip install -r requirements.txt, then try again."


@cache
def path() -> Path:
    """Return the program's path.

    ``imageio_ffmpeg.get_ffmpeg_exe()`` may return another ffmpeg (from the environment or the PATH), so the package's
    own folder is searched. Raises PipelineError if the package is missing, or has no program for this machine.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise PipelineError(MISSING, permanent=True)
    programs = sorted(Path(spec.origin).with_name("binaries").glob("ffmpeg-*-v*"))
    if not programs:
        raise PipelineError(
            "The package imageio-ffmpeg has no FFmpeg for this machine. Install its wheel for this system "
            "with pip install --only-binary :all: imageio-ffmpeg.",
            permanent=True,
        )
    return programs[0]


def version() -> str:
    """Return the program's version, such as "9.0.2". Raises PipelineError as ``path`` does."""
    return path().name.removesuffix(".exe").rpartition("-v")[2]


def start(
    arguments: Sequence[str | Path],
    *,
    limits: Limits,
    label: str,
    takes_input: bool = False,
    on_line: Callable[[str], None] | None = None,
    cpu_seconds: int = CPU_SECONDS,
) -> Process:
    """Start the program with reduced privileges, and limits of memory, processor time and silence.

    ``arguments`` follow the program's name. ``on_line`` gets the lines of its log, from the level "info" on; otherwise
    it logs errors alone. ``label`` begins the sentences of errors. Raises PipelineError as ``path`` does.
    """
    level = "level+info" if on_line else "error"
    return Process(
        [str(path()), *quiet(level), "-y", *map(str, arguments)],
        stall_seconds=limits.stall_seconds,
        label=label,
        takes_input=takes_input,
        memory_bytes=MEMORY_BYTES,
        cpu_seconds=cpu_seconds,
        on_line=on_line,
    )


def run(
    arguments: Sequence[str | Path], *, limits: Limits, label: str, on_line: Callable[[str], None] | None = None
) -> bytes:
    """Run the program to its end and return what it wrote to the pipe.

    A run that writes a file alone must finish within the stall time, or report ``-progress pipe:1``. Raises
    PipelineError where the program fails, is killed or stalls, and TooMuch where it writes more than 128 MiB.
    """
    parts: list[bytes] = []
    size = 0
    buffer = memoryview(bytearray(PIPE_BYTES))
    with start(arguments, limits=limits, label=label, on_line=on_line) as process:
        while count := process.read_some(buffer):
            parts.append(bytes(buffer[:count]))
            size += count
            if size > MAX_OUTPUT_BYTES:
                raise TooMuch(f"The output of {label} is too long.")
        process.finish()
    return b"".join(parts)


def feed(arguments: Sequence[str | Path], frames: Iterable[Frame], *, limits: Limits, label: str) -> int:
    """Run the program on raw frames that it reads from ``pipe:``; return their number.

    Raises PipelineError where the program fails, is killed or stalls.
    """
    count = 0
    with start(arguments, limits=limits, label=label, takes_input=True) as process:
        for frame in frames:
            process.write(flat(frame))
            count += 1
        process.finish()
    return count


def transcode(arguments: Sequence[str | Path], *, limits: Limits, label: str) -> None:
    """Run the program on files. It reports its progress to the pipe, so that a stall is noticed.

    ``arguments`` end with the file to write. Raises PipelineError as ``feed`` does.
    """
    buffer = memoryview(bytearray(PIPE_BYTES))
    *options, target = arguments
    with start([*options, "-progress", "pipe:1", target], limits=limits, label=label) as process:
        while process.read_some(buffer):
            pass
        process.finish()
