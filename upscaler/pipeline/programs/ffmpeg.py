"""How ffmpeg and ffprobe are called.

Arguments are built with ffmpeg-python and run as a list, never by a shell. A source is passed
as an absolute ``file:`` URL, with whitelists of protocols, containers and codecs. Exit codes prove
little (a third of damaged files decode with 0), so callers count frames.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg

from upscaler.pipeline.containers.formats import CODECS, CONTAINERS
from upscaler.pipeline.core.errors import PipelineError, TooMuch
from upscaler.pipeline.core.filter_step import Step
from upscaler.pipeline.core.input_options import InputOptions
from upscaler.pipeline.core.limits import Limits

from .process import PIPE_BYTES, Process

MEMORY_BYTES = 16 * 1024**3
"""Address space of one ffmpeg: far above its needs, far below those of a decompression bomb."""
CPU_SECONDS = 14 * 24 * 3600
"""Processor time of any program."""
MAX_OUTPUT_BYTES = 128 * 1024**2
"""Limit of a program's report on a file: 20 bytes per packet of six hours at 240 per second are 104 MB."""

FILE_TIMESTAMPS = ("-copyts", "-start_at_zero")
"""Keep the file's timestamps, counted from the start of the file. By default ffmpeg corrects clocks that jump, based on
the streams that a run reads, so that runs for sound and for pictures disagree. source_clock.py handles the jumps."""
FILE_START_OFFSET = 0.000001
"""Seconds: an offset for every source, too small for any time base to show. MPEG files need it: without one, ffmpeg
counts their time from the first of the streams that a run reads; with one, from the start of the file."""

PICTURES = "V:0"
"""The first video stream that isn't cover art, which the capital letter excludes."""
ACCEPT_ERRORS = ("-max_error_rate", "1")
"""By default ffmpeg fails where two thirds of the packets can't be decoded."""


UNDECODABLE_BYTES = {0xDC00 + byte: 0x10DC00 + byte for byte in range(0x80, 0x100)}
"""Python's surrogates for bytes of a name that isn't UTF-8, and private-use characters in their place: ffmpeg-python
encodes everything in a graph."""

Stream = Any
"""A node of ffmpeg-python's graph, which has no types."""


def source(path: Path, limits: Limits, opening: InputOptions, *, late: Fraction = Fraction(0)) -> Stream:
    """Return the input node for an untrusted file, delayed by ``late`` seconds.

    One thread: the output of decoders for damaged frames depends on their number, and every pass has to
    see the same frames. A change of the picture size must not restart the filters and their frame counts;
    prefilters/uniform_format.py scales to one size.
    """
    guards: dict[str, str | int | float] = {
        "protocol_whitelist": "file,pipe",
        "format_whitelist": CONTAINERS,
        "codec_whitelist": CODECS,
        "max_pixels": limits.max_pixels,
        "itsoffset": f"{float(late) + FILE_START_OFFSET:.6f}",
        "reinit_filter:v": 0,
        "threads": 1,
    }
    return ffmpeg.input(_in_graph(path), **guards, **opening.options())


def trusted_file(path: Path, **options: str | int | float) -> Stream:
    """Return the input node for a file that HaloWeb wrote."""
    return ffmpeg.input(_in_graph(path), protocol_whitelist="file,pipe", **options)


def result_file(path: Path) -> Stream:
    """Return the input node for a result: HaloWeb's, or an imported one, which is untrusted.

    Its frames are undamaged and were counted, so any number of threads gives the same frames.
    """
    return trusted_file(path, format_whitelist=CONTAINERS, codec_whitelist=CODECS)


def apply_steps(graph: Stream, steps: Iterable[Step]) -> Stream:
    """Return the graph, followed by these filters."""
    for step in steps:
        graph = graph.filter(step.name, **dict(step.options))
    return graph


def overlay(below: Stream, above: Stream, *, x: int, y: int) -> Stream:
    """Overlay frames of the same time. Ends with the shorter stream."""
    return ffmpeg.overlay(below, above, x=x, y=y, shortest=1)


def stack_vertically(first: Stream, second: Stream) -> Stream:
    """Stack frames of the same time and width, the first above the second."""
    return ffmpeg.filter([first, second], "vstack", shortest=1)


def apply_palette(pictures: Stream, palette: Stream) -> Stream:
    """Convert frames to a palette, with ordered dithering, which is stable where nothing moves."""
    options = {"dither": "bayer", "bayer_scale": 4, "diff_mode": "rectangle"}
    return ffmpeg.filter([pictures, palette], "paletteuse", **options)


def raw_frames(width: int, height: int, rate: str) -> Stream:
    """Return the input node for RGB frames from the pipe."""
    return ffmpeg.input(
        "pipe:", format="rawvideo", pix_fmt="rgb24", s=f"{width}x{height}", framerate=rate, thread_queue_size=8
    ).video


def write(*streams: Stream, to: Path | str, **options: str | int | float) -> Stream:
    """Return an output node; ``to`` is a path, or "pipe:"."""
    target = to if isinstance(to, str) else _in_graph(to)
    return ffmpeg.output(*streams, target, **options)


def merge_outputs(*outputs: Stream) -> Stream:
    """Combine several outputs into one run, so that a source is decoded once."""
    return ffmpeg.merge_outputs(*outputs)


def arguments(output: Stream) -> list[str]:
    """Return the command line of a graph."""
    return _compiled(output, "error")


def logged_arguments(output: Stream) -> list[str]:
    """Return the command line of a graph whose log is read: each line is marked with its level."""
    return _compiled(output, "level+info")


def quiet(level: str) -> tuple[str, ...]:
    return "-nostdin", "-hide_banner", "-nostats", "-loglevel", level


def _compiled(output: Stream, level: str) -> list[str]:
    command: list[str] = ffmpeg.compile(output.global_args(*quiet(level)), overwrite_output=True)
    if "-max_pixels" in command:  # it reads a source
        command += [*FILE_TIMESTAMPS, *ACCEPT_ERRORS]
    as_they_are = {private: lone for lone, private in UNDECODABLE_BYTES.items()}
    return [word.translate(as_they_are) for word in command]


def transcode(output: Stream, *, limits: Limits, label: str, on_progress: Callable[[], None] = lambda: None) -> None:
    """Run a graph that writes a file. It reports its progress to the pipe twice per second, so that stalls are noticed.

    ``on_progress`` is called for each report, and may raise to cancel the run.
    """
    buffer = bytearray(PIPE_BYTES)
    with start(arguments(output.global_args("-progress", "pipe:1")), limits=limits, label=label) as process:
        while process.read_some(memoryview(buffer)):
            on_progress()
        process.finish()


def version() -> str:
    """Return ffmpeg's version, such as "5.1.9". Raises PipelineError if it isn't installed."""
    words = output_of(["ffmpeg", "-version"], limits=Limits(), label="ffmpeg").split()
    return words[2].decode() if len(words) > 2 else "unknown"


@contextlib.contextmanager
def reading(
    output: Stream, *, limits: Limits, label: str, on_line: Callable[[str], None] | None = None
) -> Iterator[Process]:
    """Run a graph whose output is read from the pipe. ``on_line`` gets each line of its log, marked with its level."""
    command = logged_arguments(output) if on_line else arguments(output)
    with start(command, limits=limits, label=label, on_line=on_line) as process:
        yield process


@contextlib.contextmanager
def feeding(output: Stream, *, limits: Limits, label: str) -> Iterator[Process]:
    """Run a graph whose input is written to the pipe."""
    with start(arguments(output), limits=limits, label=label, takes_input=True) as process:
        yield process


def start(
    command: Sequence[str],
    *,
    limits: Limits,
    label: str,
    takes_input: bool = False,
    on_line: Callable[[str], None] | None = None,
    cpu_seconds: int = CPU_SECONDS,
) -> Process:
    """Run ffmpeg or ffprobe, for at most ``cpu_seconds`` of processor time.

    Raises PipelineError if they aren't installed. ``label`` begins the sentences of errors.
    """
    require()
    return Process(
        command,
        stall_seconds=limits.stall_seconds,
        takes_input=takes_input,
        label=label,
        memory_bytes=MEMORY_BYTES,
        cpu_seconds=cpu_seconds,
        on_line=on_line,
    )


def require() -> None:
    """Raise PipelineError, with a hint, unless ffmpeg and ffprobe are installed."""
    missing = [program for program in ("ffmpeg", "ffprobe") if shutil.which(program) is None]
    if missing:
        raise PipelineError(
            f"{' and '.join(missing)} not found. Install ffmpeg (Debian: apt-get install ffmpeg), then try again.",
            permanent=True,
        )


def output_of(command: Sequence[str], *, limits: Limits, label: str, cpu_seconds: int = CPU_SECONDS) -> bytes:
    with start(command, limits=limits, label=label, cpu_seconds=cpu_seconds) as process:
        parts = []
        buffer = bytearray(PIPE_BYTES)
        while count := process.read_into(memoryview(buffer)):
            parts.append(bytes(buffer[:count]))
            if count < len(buffer):
                break
            if len(parts) * PIPE_BYTES > MAX_OUTPUT_BYTES:
                raise TooMuch(f"The output of {label} for this file is too long.")
        process.finish()
    return b"".join(parts)


def _in_graph(path: Path) -> str:
    return file_url(path).translate(UNDECODABLE_BYTES)


def file_url(path: Path) -> str:
    return f"file:{path.absolute()}"
