"""Does the sound still belong to the picture? Measured by listening, not by reading headers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from . import ffmpeg, tracks
from .limits import Limits
from .plan import Plan

RATE = 8000
"""Samples a second; a lag is found to 1/8 ms."""
WINDOW_SECONDS = 4
SEARCH_SECONDS = 2
AS_HIGH = 0.98
"""Of the highest peak: what an encoder's noise may take from the true one of a sound that repeats itself."""
LEAST_LEVEL = 30.0
"""Root mean square, of 32767, below which a window counts as silence."""

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Window:
    """A stretch of sound; ``start`` in seconds after the first frame."""

    start: Fraction
    samples: Samples


def loud_windows(path: Path, plan: Plan, limits: Limits, *, track: int = 0) -> list[Window]:
    """The loudest ``WINDOW_SECONDS`` of each half of one of a source's audio streams, mono; none of a silent half.

    One early and one late: a gap that is lost moves only what comes after it. Looks at the part that the plan's
    frames show. Reads the stream once, a window at a time: memory does not grow with the length of the clip.
    """
    best: dict[bool, Window] = {}
    loudest = {False: LEAST_LEVEL, True: LEAST_LEVEL}
    heard = tracks.believable(ffmpeg.source(path, limits)[f"a:{track}"], plan.start + plan.duration)
    for whole in _windows(heard, plan.start, limits):
        window = _within(whole, plan.duration) if plan.is_trimmed else whole
        level = float(np.sqrt(np.mean(window.samples**2))) if window.samples.size >= RATE else 0.0
        is_late = window.start >= plan.duration / 2
        if level > loudest[is_late]:
            best[is_late], loudest[is_late] = window, level
    return [best[is_late] for is_late in sorted(best)]


def windows_at(
    path: Path, first_frame: Fraction, starts: Sequence[Fraction], limits: Limits, *, track: int = 0
) -> list[Window | None]:
    """For each of ``starts``, the part of our own file's track that holds it and ``SEARCH_SECONDS`` around it.

    Starts are in seconds after the first frame; None where the track has nothing there.
    """
    parts: list[list[Samples]] = [[] for _ in starts]
    began: list[Fraction | None] = [None for _ in starts]
    for window in _windows(ffmpeg.own_file(path)[f"a:{track}"], first_frame, limits):
        ends = window.start + Fraction(window.samples.size, RATE)
        for number, start in enumerate(starts):
            if ends < start - SEARCH_SECONDS or window.start > start + WINDOW_SECONDS + SEARCH_SECONDS:
                continue
            first = began[number]
            began[number] = window.start if first is None else first
            parts[number].append(window.samples)
    return [
        Window(first, np.concatenate(samples)) if first is not None else None
        for first, samples in zip(began, parts, strict=True)
    ]


def shift(original: Window, result: Window) -> Fraction:
    """Seconds by which the sound of ``result`` comes later than that of ``original``.

    The peak of their cross-correlation, both against their own first frame. Sound that repeats itself, a beep or a
    loop of drums, has a peak every period, and noise decides which is the highest: of those that are nearly as high,
    the one that moved the least.
    """
    size = 1 << (original.samples.size + result.samples.size - 1).bit_length()
    spectrum = np.fft.rfft(result.samples, size) * np.conj(np.fft.rfft(original.samples, size))
    correlation = np.fft.irfft(spectrum, size)
    expected = round((original.start - result.start) * RATE)
    reach = SEARCH_SECONDS * RATE
    around = correlation[np.arange(expected - reach - 1, expected + reach + 2) % size]
    inner = around[1:-1]
    is_peak = (inner >= around[:-2]) & (inner >= around[2:]) & (inner >= AS_HIGH * inner.max())
    lags = np.flatnonzero(is_peak) - reach if is_peak.any() else np.array([int(inner.argmax()) - reach])
    return Fraction(int(lags[np.abs(lags).argmin()]), RATE)


def _within(window: Window, span: Fraction) -> Window:
    """What of a window lies between the first frame and ``span`` seconds after it."""
    first = max(0, round(-window.start * RATE))
    last = max(first, round((span - window.start) * RATE))
    return Window(window.start + Fraction(first, RATE), window.samples[first:last])


def _windows(heard: ffmpeg.Stream, first_frame: Fraction, limits: Limits) -> Iterator[Window]:
    """Consecutive windows of a track, with ffmpeg's own time as zero."""
    track = tracks.in_place(heard, RATE)
    output = ffmpeg.write(track, to="pipe:", format="s16le", ac=1, ar=RATE)
    buffer = bytearray(2 * RATE * WINDOW_SECONDS)
    start = -first_frame
    with ffmpeg.reading(output, limits=limits, says="The sound's decoder") as process:
        while count := process.read_into(memoryview(buffer)):
            samples = np.frombuffer(buffer[: count - count % 2], np.int16).astype(np.float32)
            yield Window(start, samples)
            start += WINDOW_SECONDS
