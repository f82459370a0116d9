"""How ffmpeg and ffprobe are called.

Arguments are built with ffmpeg-python and run as a list, never by a shell. A source is handed over
by an absolute path of ours behind ``file:``, with whitelists of protocols, containers and codecs in
front of it. Exit codes prove little (a third of damaged files decode with 0), so whoever calls
counts frames.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import ffmpeg

from .errors import PipelineError
from .filters.step import Step
from .formats import CODECS, CONTAINERS
from .limits import Limits
from .process import PIPE_BYTES, Process

MEMORY_BYTES = 16 * 1024**3
"""Address space for one ffmpeg: far above what it needs, far below what a bomb would take."""

ONE_CLOCK = "0.000001"
"""An offset for every input, too small for any time base to show. MPEG files need it: without an offset,
ffmpeg counts their time from the first of the streams that a run uses, so that a run for the sound and
one for the pictures disagree about zero; with one, it counts from the start of the file for both."""

PICTURES = "V:0"
"""Of a source: the first stream of pictures that is no cover art, which the capital letter leaves out."""

LONE_BYTES = {0xDC00 + byte: 0x10DC00 + byte for byte in range(0x80, 0x100)}
"""Bytes of a name that is not UTF-8, as Python holds them, and characters for private use in their place:
ffmpeg-python encodes all that is in a graph."""

Stream = Any
"""A node of ffmpeg-python's graph, which has no types."""


def source(path: Path, limits: Limits, **options: str | int | float) -> Stream:
    """The input node for a file that we do not trust.

    One thread: what decoders make of damaged frames depends on how many there are, and every pass has to
    see the same frames. A size that changes half-way must not begin the filters, and their counting, anew:
    filters/one_size.py brings it back.
    """
    return ffmpeg.input(
        _in_graph(path),
        protocol_whitelist="file,pipe",
        format_whitelist=CONTAINERS,
        codec_whitelist=CODECS,
        max_pixels=limits.max_pixels,
        itsoffset=ONE_CLOCK,
        reinit_filter=0,
        threads=1,
        **options,
    )


def own_file(path: Path, **options: str | int | float) -> Stream:
    """The input node for a file that our own encoder wrote."""
    return ffmpeg.input(_in_graph(path), protocol_whitelist="file,pipe", **options)


def result(path: Path) -> Stream:
    """The input node for a result: our own encoder's, or one that was made elsewhere and is not trusted either.

    Its frames are whole and were counted, so that any number of threads gives the same.
    """
    return own_file(path, format_whitelist=CONTAINERS, codec_whitelist=CODECS)


def through(graph: Stream, steps: Iterable[Step]) -> Stream:
    """The graph with these filters behind it, in order."""
    for step in steps:
        graph = graph.filter(step.name, **dict(step.options))
    return graph


def overlaid(below: Stream, above: Stream, *, x: int, y: int) -> Stream:
    """Frames of the same time over each other; ends with the shorter one."""
    return ffmpeg.overlay(below, above, x=x, y=y, shortest=1)


def on_top(first: Stream, second: Stream) -> Stream:
    """Frames of the same time and width in one, the first above the second."""
    return ffmpeg.filter([first, second], "vstack", shortest=1)


def in_palette(pictures: Stream, palette: Stream) -> Stream:
    """Frames in the colours of a palette, dithered by a pattern that stays in place where nothing moves."""
    options = {"dither": "bayer", "bayer_scale": 4, "diff_mode": "rectangle"}
    return ffmpeg.filter([pictures, palette], "paletteuse", **options)


def pictures(width: int, height: int, rate: str) -> Stream:
    """The input node for RGB frames that are written to the program."""
    return ffmpeg.input(
        "pipe:", format="rawvideo", pix_fmt="rgb24", s=f"{width}x{height}", framerate=rate, thread_queue_size=8
    ).video


def write(*streams: Stream, to: Path | str, **options: str | int | float) -> Stream:
    """An output node; ``to`` is a path of ours, or "pipe:"."""
    target = to if isinstance(to, str) else _in_graph(to)
    return ffmpeg.output(*streams, target, **options)


def both(*outputs: Stream) -> Stream:
    """Several outputs of one run, so that a source is decoded once for all of them."""
    return ffmpeg.merge_outputs(*outputs)


def arguments(output: Stream) -> list[str]:
    """The whole command line of a graph."""
    quiet = ("-nostdin", "-hide_banner", "-loglevel", "error")
    command: list[str] = ffmpeg.compile(output.global_args(*quiet), overwrite_output=True)
    as_they_are = {private: lone for lone, private in LONE_BYTES.items()}
    return [word.translate(as_they_are) for word in command]


def transcode(output: Stream, *, limits: Limits, says: str) -> None:
    """Run a graph that writes a file. It reports its progress to the pipe, so that a stall is noticed."""
    _collect(arguments(output.global_args("-progress", "pipe:1")), limits=limits, says=says)


def probe(path: Path, limits: Limits, *, trusted: bool = False) -> dict[str, Any]:
    """ffprobe's view of a file: its "format", "streams" and "chapters".

    Raises PipelineError when ffprobe can make nothing of it.
    """
    guards = [] if trusted else [
        "-format_whitelist", CONTAINERS,
        "-codec_whitelist", CODECS,
        "-max_pixels", str(limits.max_pixels),
    ]  # fmt: skip
    command = [
        "ffprobe", "-hide_banner", "-loglevel", "error", "-protocol_whitelist", "file,pipe", *guards,
        "-show_format", "-show_streams", "-show_chapters", "-of", "json", "-i", _address(path),
    ]  # fmt: skip
    answer: dict[str, Any] = json.loads(_collect(command, limits=limits, says="ffprobe") or b"{}")
    return answer


def version() -> str:
    """The version of the ffmpeg that we run, such as "5.1.9". Raises PipelineError without one."""
    words = _collect(["ffmpeg", "-version"], limits=Limits(), says="ffmpeg").split()
    return words[2].decode() if len(words) > 2 else "unknown"


@contextlib.contextmanager
def reading(output: Stream, *, limits: Limits, says: str) -> Iterator[Process]:
    """A graph that runs while its pipe is read."""
    with start(arguments(output), limits=limits, says=says) as process:
        yield process


@contextlib.contextmanager
def feeding(output: Stream, *, limits: Limits, says: str) -> Iterator[Process]:
    """A graph that runs while its input is written."""
    with start(arguments(output), limits=limits, says=says, takes_input=True) as process:
        yield process


def start(command: Sequence[str], *, limits: Limits, says: str, takes_input: bool = False) -> Process:
    """Run ffmpeg or ffprobe. Raises PipelineError with a hint when it is not installed."""
    require()
    return Process(
        command,
        stall_seconds=limits.stall_seconds,
        takes_input=takes_input,
        says=says,
        memory_bytes=MEMORY_BYTES,
    )


def require() -> None:
    """Raises PipelineError, saying how to get it, unless ffmpeg and ffprobe are installed."""
    missing = [program for program in ("ffmpeg", "ffprobe") if shutil.which(program) is None]
    if missing:
        raise PipelineError(
            f"{' and '.join(missing)} not found: install ffmpeg (Debian: apt-get install ffmpeg), then try again."
        )


def _collect(command: Sequence[str], *, limits: Limits, says: str) -> bytes:
    with start(command, limits=limits, says=says) as process:
        parts = []
        buffer = bytearray(PIPE_BYTES)
        while count := process.read_into(memoryview(buffer)):
            parts.append(bytes(buffer[:count]))
            if count < len(buffer):
                break
        process.finish()
    return b"".join(parts)


def _in_graph(path: Path) -> str:
    return _address(path).translate(LONE_BYTES)


def _address(path: Path) -> str:
    return f"file:{path.absolute()}"
