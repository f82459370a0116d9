"""Write a source's subtitles on its timeline, in a separate file."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import ffmpeg as graph

from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.timeline import Recording
from upscaler.pipeline.planning.plan import Plan
from upscaler.pipeline.programs import ffmpeg, ffprobe

from .track_plan import Options, Track

SLACK = Fraction(1)
"""Seconds by which a line may begin before its recording, or end after it."""


def write_subtitle_timeline(
    source: Path, facts: Facts, track: Track, plan: Plan, target: Path, limits: Limits
) -> ffmpeg.Stream:
    """Write a track of subtitles into ``target``, a Matroska file, with the times of the result; return its node.

    Raises PipelineError where ffmpeg can't read it.
    """
    words = ffmpeg.source(source, limits, facts.opening)[f"s:{track.index}"]
    shifts = _shifts(source, facts, track, limits) if facts.recordings else []
    moved: Options = {"bsf:s:0": f"setts=ts='{_shift_expression(shifts)}'"} if shifts else {}
    cuts: Options = {"ss": _seconds(plan.start), "t": _seconds(plan.duration)} if plan.is_trimmed else {}
    if not shifts or not cuts:
        _write(words, track.encoder, target, plan.start if cuts else Fraction(0), moved | cuts, limits)
    else:
        whole = target.with_name(f"{target.name}.whole.mkv")
        _write(words, track.encoder, whole, Fraction(0), moved, limits)
        _write(ffmpeg.trusted_file(whole)["s:0"], "copy", target, plan.start, cuts, limits)
    late = Fraction(0) if plan.is_trimmed else -plan.zero
    return ffmpeg.trusted_file(target, itsoffset=_seconds(late))["s:0"]


def _write(words: ffmpeg.Stream, encoder: str, target: Path, start: Fraction, options: Options, limits: Limits) -> None:
    """Write the file with a picture at its start: ffmpeg counts from the first timestamp, and can't read an empty
    Matroska file."""
    anchor = graph.input("color=size=16x16:rate=1000:duration=0.01", format="lavfi", itsoffset=_seconds(start))
    settings: Options = {"c:v": "ffv1", "c:s": encoder, "map_metadata": -1, **options}
    output = ffmpeg.write(anchor["v:0"], words, to=target, format="matroska", **settings)
    ffmpeg.transcode(output, limits=limits, label="The subtitle copy")


def _shifts(source: Path, facts: Facts, track: Track, limits: Limits) -> list[tuple[int, Fraction]]:
    """Return the shifts in seconds, each with the number of its first line. Lines are numbered by their order in the
    file, since times repeat where a clock restarts."""
    changes: list[tuple[int, Fraction]] = []
    at = 0
    latest: Fraction | None = None
    for number, time in enumerate(ffprobe.packet_times(source, limits, facts.opening, f"s:{track.index}")):
        is_behind = latest is not None and time < latest - SLACK
        at = _recording(facts.recordings, at + 1 if is_behind else at, time)
        shift = facts.recordings[at].shift
        if not changes or changes[-1][1] != shift:
            changes.append((number, shift))
        latest = time
    return changes if any(shift for _, shift in changes) else []


def _recording(recordings: Sequence[Recording], first: int, time: Fraction) -> int:
    """Return the number of the first recording from ``first`` on that contains a time; ``first`` where none does."""
    for number in range(first, len(recordings)):
        recording = recordings[number]
        if recording.begins - SLACK <= time <= recording.ends + SLACK:
            return number
    return min(first, len(recordings) - 1)


def _shift_expression(shifts: Sequence[tuple[int, Fraction]]) -> str:
    """Return an expression for ffmpeg's setts filter. Nested as a binary tree, since ffmpeg allows 100 levels."""
    if len(shifts) == 1:
        return f"TS+({float(shifts[0][1]):.6f})/TB"
    middle = len(shifts) // 2
    return f"if(lt(N,{shifts[middle][0]}),{_shift_expression(shifts[:middle])},{_shift_expression(shifts[middle:])})"


def _seconds(time: Fraction) -> str:
    return f"{float(time):.6f}"
