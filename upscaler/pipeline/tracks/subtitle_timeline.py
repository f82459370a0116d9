"""A source's subtitles in the account of its time, in a file of their own."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import ffmpeg as graph

from upscaler.pipeline.core.facts import Facts, Recording
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.planning.plan import Plan
from upscaler.pipeline.programs import ffmpeg

from .track_plan import Options, Track

SLACK = Fraction(1)
"""Seconds by which a line may begin before its recording, or end behind it."""


def lay_words(source: Path, facts: Facts, track: Track, plan: Plan, target: Path, limits: Limits) -> ffmpeg.Stream:
    """Write a track of subtitles into ``target``, a Matroska file, in the time of the result; gives its node.

    Raises PipelineError where ffmpeg can make nothing of it.
    """
    words = ffmpeg.source(source, limits, facts.opening)[f"s:{track.index}"]
    shifts = _shifts(source, facts, track, limits) if facts.recordings else []
    moved: Options = {"bsf:s:0": f"setts=ts='{_by_number(shifts)}'"} if shifts else {}
    cuts: Options = {"ss": _seconds(plan.start), "t": _seconds(plan.duration)} if plan.is_trimmed else {}
    if not shifts or not cuts:
        _write(words, track.encoder, target, plan.start if cuts else Fraction(0), moved | cuts, limits)
    else:
        whole = target.with_name(f"{target.name}.whole.mkv")
        _write(words, track.encoder, whole, Fraction(0), moved, limits)
        _write(ffmpeg.own_file(whole)["s:0"], "copy", target, plan.start, cuts, limits)
    late = Fraction(0) if plan.is_trimmed else -plan.zero
    return ffmpeg.own_file(target, itsoffset=_seconds(late))["s:0"]


def _write(words: ffmpeg.Stream, encoder: str, target: Path, start: Fraction, options: Options, limits: Limits) -> None:
    """With a picture at its beginning: ffmpeg takes the first time in a file for its zero, and Matroska can't be read
    without anything in it."""
    anchor = graph.input("color=size=16x16:rate=1000:duration=0.01", format="lavfi", itsoffset=_seconds(start))
    settings: Options = {"c:v": "ffv1", "c:s": encoder, "map_metadata": -1, **options}
    output = ffmpeg.write(anchor["v:0"], words, to=target, format="matroska", **settings)
    ffmpeg.transcode(output, limits=limits, says="The copy of the subtitles")


def _shifts(source: Path, facts: Facts, track: Track, limits: Limits) -> list[tuple[int, Fraction]]:
    """Numbers of the lines from which on they are moved, and by how many seconds; by their order in the file, since
    clocks that begin again say the same times twice."""
    found: list[tuple[int, Fraction]] = []
    at = 0
    latest: Fraction | None = None
    for number, time in enumerate(ffmpeg.packet_times(source, limits, facts.opening, f"s:{track.index}")):
        is_behind = latest is not None and time < latest - SLACK
        at = _recording(facts.recordings, at + 1 if is_behind else at, time)
        shift = facts.recordings[at].shift
        if not found or found[-1][1] != shift:
            found.append((number, shift))
        latest = time
    return found if any(shift for _, shift in found) else []


def _recording(recordings: Sequence[Recording], first: int, time: Fraction) -> int:
    """The number of the first recording from ``first`` on that has a time; the last one where none has."""
    for number in range(first, len(recordings)):
        one = recordings[number]
        if one.begins - SLACK <= time <= one.ends + SLACK:
            return number
    return min(first, len(recordings) - 1)


def _by_number(shifts: Sequence[tuple[int, Fraction]]) -> str:
    """An expression of ffmpeg's setts filter. Halves, for ffmpeg nests 100 deep at most."""
    if len(shifts) == 1:
        return f"TS+({float(shifts[0][1]):.6f})/TB"
    middle = len(shifts) // 2
    return f"if(lt(N,{shifts[middle][0]}),{_by_number(shifts[:middle])},{_by_number(shifts[middle:])})"


def _seconds(time: Fraction) -> str:
    return f"{float(time):.6f}"
