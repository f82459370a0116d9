"""Segments and the original's sound -> one MP4, without encoding the pictures again."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import ffmpeg as graph

from . import ffmpeg
from .facts import AudioStream, Facts
from .limits import Limits
from .mp4 import joined
from .plan import Plan

COPIED_INTO_MP4 = ("aac", "mp3")
"""Sound that MP4 carries and every browser plays; that a browser plays more proves nothing."""

AAC_BITRATE = "192k"
MOVE_SECONDS = 3600.0
"""For +faststart, which moves the whole file once more and says nothing while it does."""
SILENT_CODECS = ("unknown", "none")


def assemble(source: Path, facts: Facts, plan: Plan, segments: list[Path], target: Path, limits: Limits) -> None:
    """Join ``segments`` in order and lay the source's sound beside them, into ``target``.

    Raises PipelineError when a segment is damaged or ffmpeg fails.
    """
    start = facts.first_frame_time + plan.first_frame / plan.rate
    is_trimmed = plan.frame_count < facts.frames
    pictures = graph.input("pipe:", format="mp4", itsoffset=0 if is_trimmed else _seconds(start))
    sound = ffmpeg.source(source, limits)
    streams = [pictures["v:0"]]
    options: dict[str, str | int] = {"c:v": "copy", "map_metadata": -1, "map_chapters": -1}
    for number, stream in enumerate(audible(facts)):
        streams.append(_laid(sound, stream, start, plan.duration if is_trimmed else None))
        options |= _codec(number, stream, is_trimmed)
    output = ffmpeg.write(
        *streams,
        to=target,
        format="mp4",
        movflags="+faststart",
        video_track_timescale=plan.time_scale,
        fflags="+bitexact",
        **options,
    )
    with ffmpeg.feeding(output, limits=limits, says="The assembly") as process:
        for part in joined(segments):
            process.write(memoryview(part))
        process.finish(MOVE_SECONDS)


def audible(facts: Facts) -> tuple[AudioStream, ...]:
    """The audio streams that can be carried over: those with a decoder."""
    return tuple(stream for stream in facts.audio if stream.codec not in SILENT_CODECS and stream.channels)


def is_copied(stream: AudioStream, *, is_trimmed: bool) -> bool:
    """Is the stream laid over as it is? A trim cuts within a packet, so it has to be encoded."""
    return stream.codec in COPIED_INTO_MP4 and not is_trimmed


def _laid(sound: ffmpeg.Stream, stream: AudioStream, start: Fraction, seconds: Fraction | None) -> ffmpeg.Stream:
    track = sound[f"a:{stream.index}"]
    if is_copied(stream, is_trimmed=seconds is not None):
        return track
    if seconds is not None:
        track = track.filter("atrim", start=_seconds(start), end=_seconds(start + seconds))
        track = track.filter("asetpts", f"PTS-{_seconds(start)}/TB")
    # gaps in the timestamps become silence, and silence stands in for a late start
    return track.filter("aresample", **{"async": 1, "first_pts": 0})


def _codec(number: int, stream: AudioStream, is_trimmed: bool) -> dict[str, str | int]:
    options: dict[str, str | int] = {}
    if is_copied(stream, is_trimmed=is_trimmed):
        options[f"c:a:{number}"] = "copy"
    else:
        options |= {f"c:a:{number}": "aac", f"b:a:{number}": AAC_BITRATE}
    if stream.language:
        options[f"metadata:s:a:{number}"] = f"language={stream.language}"
    return options


def _seconds(time: Fraction) -> str:
    """Seconds with the six decimals that ffmpeg keeps."""
    return f"{float(time):.6f}"
