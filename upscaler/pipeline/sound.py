"""Does the sound still belong to the picture? Measured by listening, not by reading headers."""

from __future__ import annotations

from collections.abc import Iterator
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
WINDOW_SECONDS = 12
SEARCH_SECONDS = 2
LEAST_LEVEL = 30.0
"""Root mean square, of 32767, below which a window counts as silence."""

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Window:
    """A stretch of sound; ``start`` in seconds after the first frame."""

    start: Fraction
    samples: Samples


def loudest_window(path: Path, plan: Plan, limits: Limits, *, track: int = 0) -> Window | None:
    """The loudest ``WINDOW_SECONDS`` of one of a source's audio streams, mono; None if all is silent.

    Looks at the part that the plan's frames show. Reads the stream once, a window at a time: memory
    does not grow with the length of the clip.
    """
    best: Window | None = None
    loudest = LEAST_LEVEL
    heard = tracks.believable(ffmpeg.source(path, limits)[f"a:{track}"], plan.start + plan.duration)
    for whole in _windows(heard, plan.start, limits):
        window = _within(whole, plan.duration) if plan.is_trimmed else whole
        level = float(np.sqrt(np.mean(window.samples**2))) if window.samples.size >= RATE else 0.0
        if level > loudest:
            best, loudest = window, level
    return best


def window_at(path: Path, first_frame: Fraction, start: Fraction, limits: Limits) -> Window | None:
    """The window of our own file's first track that holds ``start`` and what lies ``SEARCH_SECONDS`` around it."""
    wanted_from = start - SEARCH_SECONDS
    wanted_to = start + WINDOW_SECONDS + SEARCH_SECONDS
    parts: list[Samples] = []
    began: Fraction | None = None
    for window in _windows(ffmpeg.own_file(path)["a:0"], first_frame, limits):
        ends = window.start + Fraction(window.samples.size, RATE)
        if ends < wanted_from or window.start > wanted_to:
            continue
        began = window.start if began is None else began
        parts.append(window.samples)
    return Window(began, np.concatenate(parts)) if began is not None else None


def shift(original: Window, result: Window) -> Fraction:
    """Seconds by which the sound of ``result`` comes later than that of ``original``.

    The peak of their cross-correlation, both against their own first frame.
    """
    size = 1 << (original.samples.size + result.samples.size - 1).bit_length()
    spectrum = np.fft.rfft(result.samples, size) * np.conj(np.fft.rfft(original.samples, size))
    correlation = np.fft.irfft(spectrum, size)
    expected = round((original.start - result.start) * RATE)
    reach = SEARCH_SECONDS * RATE
    lags = np.arange(expected - reach, expected + reach + 1)
    best = int(lags[int(np.argmax(correlation[lags % size]))])
    return Fraction(best - expected, RATE)


def _within(window: Window, span: Fraction) -> Window:
    """What of a window lies between the first frame and ``span`` seconds after it."""
    first = max(0, round(-window.start * RATE))
    last = max(first, round((span - window.start) * RATE))
    return Window(window.start + Fraction(first, RATE), window.samples[first:last])


def _windows(heard: ffmpeg.Stream, first_frame: Fraction, limits: Limits) -> Iterator[Window]:
    """Consecutive windows of a track, with ffmpeg's own time as zero."""
    track = heard.filter("aresample", RATE, **{"async": 1, "first_pts": 0})
    output = ffmpeg.write(track, to="pipe:", format="s16le", ac=1, ar=RATE)
    buffer = bytearray(2 * RATE * WINDOW_SECONDS)
    start = -first_frame
    with ffmpeg.reading(output, limits=limits, says="The sound's decoder") as process:
        while count := process.read_into(memoryview(buffer)):
            samples = np.frombuffer(buffer[: count - count % 2], np.int16).astype(np.float32)
            yield Window(start, samples)
            start += WINDOW_SECONDS
