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
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg

from upscaler.pipeline.containers.formats import CODECS, CONTAINERS
from upscaler.pipeline.core.errors import PipelineError, TooMuch
from upscaler.pipeline.core.filter_step import Step
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.opening import Opening

from .process import PIPE_BYTES, Process

MEMORY_BYTES = 16 * 1024**3
"""Address space for one ffmpeg: far above what it needs, far below what a bomb would take."""
CPU_SECONDS = 14 * 24 * 3600
MOST_OUTPUT_BYTES = 128 * 1024**2
"""Of what a program says of a file: 20 bytes for each packet of six hours at 240 a second are 104 MB."""
HEADER_CPU_SECONDS, LATE_CPU_SECONDS = 10, 120
"""Processor time: of any program; of one that only looks at headers, which takes a tenth of a second; and of one that
looks through up to 256 MiB for streams that begin late."""

ONE_CLOCK = ("-copyts", "-start_at_zero")
"""Timestamps as the file has them, from the start of the file on, in whichever run and whatever it reads. By itself
ffmpeg mends clocks that jump, by the streams that a run happens to read, so that a run for the sound and one for the
pictures disagree; clock.py accounts for the jumps of both."""
WHOLE_FILE = 0.000001
"""Seconds: an offset for every source, too small for any time base to show. MPEG files need it: without one, ffmpeg
counts their time from the first of the streams that a run reads; with one, from the start of the file."""

PICTURES = "V:0"
"""Of one of our own files: the first stream of pictures that is no cover art, which the capital letter leaves out."""
ANY_DAMAGE = ("-max_error_rate", "1")
"""What decodes counts: ffmpeg by itself fails where two thirds of the packets do not."""

SECTIONS = ("packet", "format")
"""Of ffprobe's answer."""

LONE_BYTES = {0xDC00 + byte: 0x10DC00 + byte for byte in range(0x80, 0x100)}
"""Bytes of a name that is not UTF-8, as Python holds them, and characters for private use in their place:
ffmpeg-python encodes all that is in a graph."""

Stream = Any
"""A node of ffmpeg-python's graph, which has no types."""


def source(path: Path, limits: Limits, opening: Opening, *, late: Fraction = Fraction(0)) -> Stream:
    """The input node for a file that we do not trust; all its times ``late`` seconds later.

    One thread: what decoders make of damaged frames depends on how many there are, and every pass has to
    see the same frames. A picture size that changes half-way must not restart the filters, and their counting:
    filters/one_size.py brings it back.
    """
    guards: dict[str, str | int | float] = {
        "protocol_whitelist": "file,pipe",
        "format_whitelist": CONTAINERS,
        "codec_whitelist": CODECS,
        "max_pixels": limits.max_pixels,
        "itsoffset": f"{float(late) + WHOLE_FILE:.6f}",
        "reinit_filter:v": 0,
        "threads": 1,
    }
    return ffmpeg.input(_in_graph(path), **guards, **opening.options())


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
    return _compiled(output, "error")


def telling_arguments(output: Stream) -> list[str]:
    """The same for a run whose information is read too: its lines are marked with their level."""
    return _compiled(output, "level+info")


def _quiet(level: str) -> tuple[str, ...]:
    return "-nostdin", "-hide_banner", "-nostats", "-loglevel", level


def _compiled(output: Stream, level: str) -> list[str]:
    command: list[str] = ffmpeg.compile(output.global_args(*_quiet(level)), overwrite_output=True)
    if "-max_pixels" in command:  # it reads a source
        command += [*ONE_CLOCK, *ANY_DAMAGE]
    as_they_are = {private: lone for lone, private in LONE_BYTES.items()}
    return [word.translate(as_they_are) for word in command]


def transcode(output: Stream, *, limits: Limits, says: str, on_progress: Callable[[], None] = lambda: None) -> None:
    """Run a graph that writes a file. It reports its progress to the pipe twice a second, so that a stall is noticed.

    ``on_progress`` is called each time, and may raise to end it.
    """
    buffer = bytearray(PIPE_BYTES)
    with start(arguments(output.global_args("-progress", "pipe:1")), limits=limits, says=says) as process:
        while process.read_some(memoryview(buffer)):
            on_progress()
        process.finish()


def probe(path: Path, limits: Limits, *, opening: Opening | None = None, trusted: bool = False) -> dict[str, Any]:
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
        *(opening or Opening()).arguments(),
        "-show_format", "-show_streams", "-show_chapters", "-of", "json", "-i", _address(path),
    ]  # fmt: skip
    return _json(command, limits, HEADER_CPU_SECONDS if opening is None else LATE_CPU_SECONDS)


@dataclass(frozen=True)
class PictureStream:
    """A stream of pictures in a file: its number among all streams, and how many packets it has."""

    index: int
    packets: int
    is_cover: bool


def count_packets(path: Path, limits: Limits, opening: Opening) -> list[PictureStream]:
    """The streams of pictures of a source; their packets are counted where there are several."""
    shown = "stream=index,nb_read_packets:stream_disposition=attached_pic"
    command = [
        "ffprobe", "-hide_banner", "-loglevel", "error", "-protocol_whitelist", "file,pipe",
        "-format_whitelist", CONTAINERS, "-codec_whitelist", CODECS, *opening.arguments(),
        "-select_streams", "v", "-show_entries", shown, "-of", "json", "-i", _address(path),
    ]  # fmt: skip
    streams = _json(command, limits).get("streams", [])
    if len(streams) > 1:
        streams = _json([*command[:-2], "-count_packets", *command[-2:]], limits).get("streams", [])
    return [
        PictureStream(
            index=stream["index"],
            packets=int(stream.get("nb_read_packets", 0)),
            is_cover=bool(stream.get("disposition", {}).get("attached_pic")),
        )
        for stream in streams
    ]


def _json(command: Sequence[str], limits: Limits, cpu_seconds: int = CPU_SECONDS) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(
        _collect(command, limits=limits, says="ffprobe", cpu_seconds=cpu_seconds) or b"{}"
    )
    return answer


def packet_times(path: Path, limits: Limits, opening: Opening, stream: str) -> list[Fraction]:
    """When the packets of a stream of a source begin, in seconds after the container's start, in the order of the
    file; as the demuxer says it, without a look at what they hold."""
    shown = "packet=pts_time:format=start_time"
    command = [
        "ffprobe", "-hide_banner", "-loglevel", "error", "-protocol_whitelist", "file,pipe",
        "-format_whitelist", CONTAINERS, "-codec_whitelist", CODECS, *opening.arguments(),
        "-select_streams", stream, "-show_entries", shown, "-of", "csv=p=1", "-i", _address(path),
    ]  # fmt: skip
    rows = [line.split(",") for line in _collect(command, limits=limits, says="ffprobe").decode().split()]
    times = {name: [Fraction(row[1]) for row in rows if row[0] == name and _is_time(row[1:])] for name in SECTIONS}
    start = next(iter(times["format"]), Fraction(0))
    return [time - start for time in times["packet"]]


def _is_time(words: list[str]) -> bool:
    return bool(words) and words[0] not in ("N/A", "")


def listing(path: Path, limits: Limits) -> tuple[list[str], int]:
    """What ffmpeg itself says of a source when it opens it: its lines, and how many of them are complaints.

    Names the streams that it may not open, or can't.
    """
    lines: list[str] = []
    opened = telling_arguments(write(source(path, limits, Opening()), to="pipe:", format="null"))
    command = ["ffmpeg", *_quiet("level+info"), *opened[1 : opened.index("-i") + 2]]
    with start(command, limits=limits, says="ffmpeg", on_line=lines.append, cpu_seconds=HEADER_CPU_SECONDS) as process:
        process.read_into(memoryview(bytearray(1)))
        process.wait()  # without an output it complains, having said all
        return lines, max(0, process.error_lines - 1)


def version() -> str:
    """The version of the ffmpeg that we run, such as "5.1.9". Raises PipelineError without one."""
    words = _collect(["ffmpeg", "-version"], limits=Limits(), says="ffmpeg").split()
    return words[2].decode() if len(words) > 2 else "unknown"


@contextlib.contextmanager
def reading(
    output: Stream, *, limits: Limits, says: str, on_line: Callable[[str], None] | None = None
) -> Iterator[Process]:
    """A graph that runs while its pipe is read. ``on_line`` gets every line that it says, marked with its level."""
    command = telling_arguments(output) if on_line else arguments(output)
    with start(command, limits=limits, says=says, on_line=on_line) as process:
        yield process


@contextlib.contextmanager
def feeding(output: Stream, *, limits: Limits, says: str) -> Iterator[Process]:
    """A graph that runs while its input is written."""
    with start(arguments(output), limits=limits, says=says, takes_input=True) as process:
        yield process


def start(
    command: Sequence[str],
    *,
    limits: Limits,
    says: str,
    takes_input: bool = False,
    on_line: Callable[[str], None] | None = None,
    cpu_seconds: int = CPU_SECONDS,
) -> Process:
    """Run ffmpeg or ffprobe, for at most ``cpu_seconds`` of processor time.

    Raises PipelineError with a hint when it is not installed.
    """
    require()
    return Process(
        command,
        stall_seconds=limits.stall_seconds,
        takes_input=takes_input,
        says=says,
        memory_bytes=MEMORY_BYTES,
        cpu_seconds=cpu_seconds,
        on_line=on_line,
    )


def require() -> None:
    """Raises PipelineError, saying how to get it, unless ffmpeg and ffprobe are installed."""
    missing = [program for program in ("ffmpeg", "ffprobe") if shutil.which(program) is None]
    if missing:
        raise PipelineError(
            f"{' and '.join(missing)} not found: install ffmpeg (Debian: apt-get install ffmpeg), then try again.",
            permanent=True,
        )


def _collect(command: Sequence[str], *, limits: Limits, says: str, cpu_seconds: int = CPU_SECONDS) -> bytes:
    with start(command, limits=limits, says=says, cpu_seconds=cpu_seconds) as process:
        parts = []
        buffer = bytearray(PIPE_BYTES)
        while count := process.read_into(memoryview(buffer)):
            parts.append(bytes(buffer[:count]))
            if count < len(buffer):
                break
            if len(parts) * PIPE_BYTES > MOST_OUTPUT_BYTES:
                raise TooMuch(f"The output of {says} for this file is too long.")
        process.finish()
    return b"".join(parts)


def _in_graph(path: Path) -> str:
    return _address(path).translate(LONE_BYTES)


def _address(path: Path) -> str:
    return f"file:{path.absolute()}"
