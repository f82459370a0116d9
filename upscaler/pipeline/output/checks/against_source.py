"""Compare the result with the source's own clock: moments, length, sound, and parts with changed headers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.output.assemble import ExtraStreams
from upscaler.pipeline.planning.plan import Plan
from upscaler.pipeline.timing.source_clock import Timeline, build_timeline
from upscaler.pipeline.tracks.sound_frames import SoundFrames, decode_sound_frames
from upscaler.wording.durations import clock_with_tenths

from . import sound
from .check import Check
from .moments import Watched, around, find, moments, result_pictures, shows, source_pictures, watch
from .parts import by_header, part_checks
from .video_stream import video_stream_checks

MAX_SHIFT_SECONDS = 0.010
"""Largest accepted shift of the sound, in seconds."""
ONE_FRAME, ROUNDING = 1.05, 0.002
"""Accepted offset of a moment in frames of the base rate, and seconds for the rounding of containers."""
LENGTH_FRAMES = 1.6
"""Frames of the base rate: jitter may put the first and the last frame half a frame and a frame beside their times."""
MIN_FRAME_SHARE = 0.98
"""Share of the counted frames that must decode again; with fewer, the source file has changed."""
MAX_MISSED_SHARE = 0.05
"""Accepted share of missed moments: deinterlacing and noise may hide some."""


@dataclass(frozen=True)
class Compared:
    """The checks, and the decoded result."""

    checks: tuple[Check, ...]
    result: Watched
    sound_shift_ms: float | None
    """Largest shift of any track; None without audible sound."""
    sound_begins_ms: float | None
    """Start of the source's first track after the plan's first frame; None without sound."""


def compare(
    source: Path,
    facts: Facts,
    plan: Plan,
    result: Path,
    extras: ExtraStreams,
    zero: Fraction,
    sounds: int,
    limits: Limits,
) -> Compared:
    """Read the source again, with one account of its time, and find its moments and its sound in the result.

    ``zero`` is when the result's first frame is shown, in ffmpeg's time of that file, ``sounds`` the number of its
    tracks. Raises PipelineError where the result can't be decoded.
    """
    moment_numbers = moments(source, facts, plan, limits)
    film = watch(source_pictures(source, facts, plan, limits), moment_numbers, limits, is_strict=False)
    sound_tracks = [
        decode_sound_frames(source, plan.opening, stream.index, limits) if not stream.silent else None
        for stream in facts.audio
    ]
    account = build_timeline(
        film.find_runs(), [track.find_runs() if track is not None else [] for track in sound_tracks]
    )
    times = film.times(account.pictures) - float(plan.start)
    if len(film.stamps) < MIN_FRAME_SHARE * facts.decoded_frames:
        raise PipelineError(
            f"Only {len(film.stamps)} of the source's {facts.decoded_frames} frames can be decoded. Check its file.",
            permanent=False,
        )
    if plan.is_trimmed:
        times = _from_the_start(times)
    ends = float(plan.duration)
    inside = [
        number
        for number in film.thumbnails
        if not np.isnan(times[number]) and (not plan.is_trimmed or 0 <= times[number] < ends - 0.5 / float(plan.rate))
    ]
    near = around([float(times[number]) for number in inside], plan.rate, 2 * plan.frame_count)
    made = watch(result_pictures(result), near, limits, is_strict=True)
    begins = (made.stamps - made.stamps[0]) * float(made.time_base) if len(made.stamps) else np.empty(0)
    parts = by_header(source, facts, plan, film, inside, times, limits)
    right = parts.right if parts is not None else film
    checks = [*video_stream_checks(source, facts, plan, limits), _moments(right, inside, times, made, begins, plan)]
    if not plan.is_trimmed:
        checks.append(_length(times, made, facts, plan))
    if parts is not None:
        checks += part_checks(parts, film, inside, times, made, begins)
    shifts, lines = _sound(source, plan, result, extras, sound_tracks, account, zero, sounds, limits)
    return Compared(
        checks=(*checks, *lines),
        result=made,
        sound_shift_ms=1000 * max(shifts, key=abs) if shifts else None,
        sound_begins_ms=_sound_begins(sound_tracks, account, plan),
    )


def _from_the_start(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move the frame that is still shown when a trim starts to time 0."""
    early = np.flatnonzero(times < 0)
    if len(early) and not (np.abs(times) < ROUNDING).any():
        times = times.copy()
        times[early[times[early].argmax()]] = 0.0
    return times


def _moments(
    film: Watched,
    inside: Sequence[int],
    times: NDArray[np.float64],
    made: Watched,
    begins: NDArray[np.float64],
    plan: Plan,
) -> Check:
    tolerance = ONE_FRAME * plan.per_frame / float(plan.rate) + ROUNDING
    thumbnails = {number: film.thumbnails[number] for number in inside}
    missed = []
    for number, moment in thumbnails.items():
        match = find(moment, float(times[number]), made, begins)
        if match is None or abs(match.late) > tolerance or not shows(number, match, thumbnails, times, tolerance):
            missed.append(number)
    expected = f"{len(inside)} within {tolerance * 1000:.0f} ms of their time"
    got = f"{len(inside) - len(missed)} of {len(inside)}"
    passed = len(missed) <= MAX_MISSED_SHARE * len(inside)
    if missed and not passed:
        first = max(0.0, float(times[missed[0]]))
        got += f", from {clock_with_tenths(Fraction(first))} on"
    return Check("moments of the source", expected, got, passed)


def _length(times: NDArray[np.float64], made: Watched, facts: Facts, plan: Plan) -> Check:
    """Compare the result's length with the last timestamp minus the first, plus the last frame's duration.

    Frames without timestamps widen the tolerance by one frame each.
    """
    base = float(plan.rate) / plan.per_frame
    known = times[~np.isnan(times)]
    unknown = len(times) - len(known)
    if not len(known):
        unknown, known = 0, np.array([0.0, (facts.decoded_frames - 1) / base])
    expected = float(known.max() - known.min()) + 1 / base + facts.held / float(facts.rate)
    got = float(made.shown.duration(plan.rate))
    allowed = LENGTH_FRAMES / base + ROUNDING
    passed = -allowed <= got - expected <= allowed + unknown / base
    return Check("length by the source's clock", f"{expected:.3f} s", f"{got:.3f} s", passed)


def _sound(
    source: Path,
    plan: Plan,
    result: Path,
    extras: ExtraStreams,
    sound_tracks: Sequence[SoundFrames | None],
    account: Timeline,
    zero: Fraction,
    sounds: int,
    limits: Limits,
) -> tuple[list[float], list[Check]]:
    """Return the shifts in seconds, and a check for each audible track."""
    start = float(plan.start)
    within = (start, start + float(plan.duration)) if plan.is_trimmed else (0.0, float("inf"))
    expected = f"within {MAX_SHIFT_SECONDS * 1000:.0f} ms"
    shifts: list[float] = []
    lines = []
    for number, track in enumerate(extras.sound):
        frames = sound_tracks[track.index]
        if frames is None:
            continue
        moved = account.sounds[track.index]
        windows = sound.loud_windows(source, plan.opening, track.index, frames, moved, within, limits)
        if not windows:
            continue
        name = "sound against the pictures" + (f", track {number + 1}" if number else "")
        if number >= sounds:
            lines.append(Check(name, expected, "missing", passed=False))
            continue
        alignments = sound.find_windows(result, number, windows, float(zero) - start, limits)
        lines.append(_sound_line(name, expected, windows, alignments, start))
        shifts += [alignment.late for alignment in alignments if alignment is not None]
    return shifts, lines


def _sound_line(
    name: str,
    expected: str,
    windows: Sequence[sound.Window],
    alignments: Sequence[sound.Alignment | None],
    start: float,
) -> Check:
    for window, alignment in zip(windows, alignments, strict=True):
        at = clock_with_tenths(Fraction(max(0.0, window.start - start)))
        if alignment is None:
            return Check(name, expected, f"silence at {at}", passed=False)
        if abs(alignment.late) > MAX_SHIFT_SECONDS:
            return Check(name, expected, f"moved by {alignment.late * 1000:.1f} ms at {at}", passed=False)
        if alignment.similarity < sound.MIN_SIMILARITY:
            return Check(name, expected, f"different sound at {at}", passed=False)
    largest = max((alignment.late for alignment in alignments if alignment is not None), key=abs)
    places = "1 place" if len(windows) == 1 else f"{len(windows)} places"
    return Check(name, expected, f"moved by {largest * 1000:.1f} ms, at {places}", passed=True)


def _sound_begins(sound_tracks: Sequence[SoundFrames | None], account: Timeline, plan: Plan) -> float | None:
    for frames, shifts in zip(sound_tracks, account.sounds, strict=True):
        if frames is not None and len(frames.begins):
            begins = float(frames.begins[0]) / 1e9 + float(shifts[0].seconds) - float(plan.start)
            return 1000 * (max(begins, 0.0) if plan.is_trimmed else begins)
    return None
