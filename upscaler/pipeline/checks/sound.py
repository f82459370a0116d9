"""Is the sound where it was, at its pitch, all along? Measured by listening, not by reading headers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .. import ffmpeg
from ..clock import NO_STAMP, moved_by
from ..errors import PipelineError
from ..facts import Shift
from ..limits import Limits
from ..measure.sound_frames import SoundFrames
from ..opening import Opening

RATE = 8000
"""Samples a second; a lag is found to 1/8 ms."""
WINDOW = 1.0
"""Seconds of sound that are held against the result."""
PLACES = 24
"""Windows of a track: the loudest of as many parts of it."""
LEAST_SECONDS = 0.1
SEARCH = 2.0
"""Seconds to both sides of where a window belongs, in which it is looked for."""
NEAR, THE_SAME = 0.05, 0.8
"""Seconds beside where a window belongs, and the likeness with which it is there: nothing is then looked for elsewhere,
where the same sound may come again, and louder."""
AS_HIGH = 0.98
"""Of the highest peak: what an encoder's noise may take from the true one of a sound that repeats itself."""
SOUNDS_ALIKE = 0.5
"""Correlation of a window with itself in the result; another pitch has less than a tenth."""
LEAST_LEVEL = 30.0
"""Root mean square, of 32767, below which a window counts as silence."""
APART = 0.01
"""Seconds by which frames may lie beside each other's ends within a window."""
READ_SAMPLES = RATE

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Window:
    """A stretch of sound; ``start`` in seconds, of the account or of the result."""

    start: float
    samples: Samples

    @property
    def level(self) -> float:
        """Root mean square."""
        return float(np.sqrt(np.mean(self.samples**2))) if self.samples.size else 0.0


@dataclass(frozen=True)
class Heard:
    """What became of one window: by how many seconds it is late, and how much it sounds like itself, 0 to 1."""

    start: float
    late: float
    likeness: float


def loud_windows(
    source: Path,
    opening: Opening,
    track: int,
    frames: SoundFrames,
    shifts: Sequence[Shift],
    within: tuple[float, float],
    limits: Limits,
) -> list[Window]:
    """The loudest windows of a source's track, one for each part of it that is not silent.

    Each is cut out of what decodes, at the time that its first frame has in the account; ``within`` are the bounds in
    seconds. Reads the track once; memory does not grow with its length.
    """
    times, places = _frame_times(frames, shifts)
    begins, ends = within
    if not len(times):
        return []
    part = max(WINDOW, (min(ends, float(np.nanmax(times)) + WINDOW) - max(begins, float(np.nanmin(times)))) / PLACES)
    best: dict[int, Window] = {}
    for first, samples in _decoded(source, opening, track, limits):
        at = int(np.searchsorted(places, first))
        if at >= len(times) or np.isnan(times[at]):
            continue
        start = float(times[at])
        skip = int(places[at] - first)
        length = _in_one_piece(times, places, at, first + samples.size) - skip
        length = int(min(length, (ends - start) * RATE))
        if start < begins:
            cut = int((begins - start) * RATE) + 1
            start, skip, length = start + cut / RATE, skip + cut, length - cut
        if length < LEAST_SECONDS * RATE:
            continue
        window = Window(start, samples[skip : skip + length].copy())
        number = int((start - max(begins, 0.0)) / part)
        if window.level > max(LEAST_LEVEL, best[number].level if number in best else 0.0):
            best[number] = window
    return [best[number] for number in sorted(best)]


def heard_in(result: Path, track: int, windows: Sequence[Window], zero: float, limits: Limits) -> list[Heard | None]:
    """For each window what became of it in our own file's track; None where there is only silence.

    A window of the account belongs at its start and ``zero`` in ffmpeg's time of the file.
    """
    bounds = [(window.start + zero - SEARCH, window.start + zero + WINDOW + SEARCH) for window in windows]
    parts: list[list[Samples]] = [[] for _ in windows]
    began = [0.0 for _ in windows]
    opened = ffmpeg.own_file(result)[f"a:{track}"]
    filled = opened.filter("aresample", RATE, **{"async": 1, "min_hard_comp": str(APART), "first_pts": 0})
    for first, samples in _read(filled, limits):
        start, end = first / RATE, (first + samples.size) / RATE
        for number, (least, most) in enumerate(bounds):
            if end > least and start < most:
                if not parts[number]:
                    began[number] = start
                parts[number].append(samples)
    found: list[Heard | None] = []
    for window, some, start in zip(windows, parts, began, strict=True):
        whole = np.concatenate(some) if some else np.empty(0, np.float32)
        found.append(compared(window, Window(start - zero, whole)) if whole.any() else None)
    return found


def compared(original: Window, result: Window) -> Heard:
    """By the peak of their cross-correlation.

    Sound that repeats itself, a beep or a loop of drums, has a peak every period, and noise decides which is the
    highest: of those that are nearly as high, the one that moved the least.
    """
    length = original.samples.size
    reach = int(SEARCH * RATE)
    size = 1 << (length + result.samples.size + 2 * reach).bit_length()  # or lags of both signs would meet
    spectrum = np.fft.rfft(result.samples, size) * np.conj(np.fft.rfft(original.samples, size))
    correlation = np.fft.irfft(spectrum, size)
    expected = round((original.start - result.start) * RATE)
    for seconds in (NEAR, SEARCH):
        lag = _nearest_peak(correlation, expected, int(seconds * RATE))
        likeness = _likeness(original, result, correlation, expected + lag)
        if likeness >= THE_SAME:
            break
    return Heard(original.start, lag / RATE, likeness)


def _nearest_peak(correlation: NDArray[np.float64], expected: int, reach: int) -> int:
    """How far beside ``expected`` the nearest of those peaks lies that are nearly as high as the highest."""
    around = correlation[np.arange(expected - reach - 1, expected + reach + 2) % correlation.size]
    inner = around[1:-1]
    is_peak = (inner >= around[:-2]) & (inner >= around[2:]) & (inner >= AS_HIGH * inner.max())
    lags = np.flatnonzero(is_peak) - reach if is_peak.any() else np.array([int(inner.argmax()) - reach])
    return int(lags[np.abs(lags).argmin()])


def _likeness(original: Window, result: Window, correlation: NDArray[np.float64], first: int) -> float:
    """How much what begins at sample ``first`` of a recording sounds like the window, 0 to 1."""
    same = result.samples[max(0, first) : max(0, first + original.samples.size)]
    norm = float(np.linalg.norm(original.samples) * np.linalg.norm(same))
    return float(correlation[first % correlation.size]) / norm if norm else 0.0


def _frame_times(frames: SoundFrames, shifts: Sequence[Shift]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """When each frame begins in the account, NaN where it does not say, and the sample at which it begins at RATE."""
    seconds = frames.lengths / 1e9
    places = np.round((np.cumsum(seconds) - seconds) * RATE).astype(np.int64)
    times = frames.begins / 1e9
    times += moved_by(shifts, len(times))
    times[frames.begins == NO_STAMP] = np.nan
    return times, places


def _in_one_piece(times: NDArray[np.float64], places: NDArray[np.int64], at: int, end: int) -> int:
    """How many samples from a frame's first one on follow each other in the account, up to sample ``end``."""
    last = int(np.searchsorted(places, end))
    expected = times[at] + (places[at:last] - places[at]) / RATE
    apart = np.flatnonzero(np.abs(times[at:last] - expected) > APART)
    return int((places[at + apart[0]] if len(apart) else end) - places[at])


def _decoded(source: Path, opening: Opening, track: int, limits: Limits) -> Iterator[tuple[int, Samples]]:
    """All that decodes of a source's track, one window after the other, whatever its timestamps say."""
    heard = ffmpeg.source(source, limits, opening)[f"a:{track}"]
    output = ffmpeg.write(heard, to="pipe:", format="s16le", ac=1, ar=RATE)
    yield from _samples(output, int(WINDOW * RATE), limits)


def _read(pictures: ffmpeg.Stream, limits: Limits) -> Iterator[tuple[int, Samples]]:
    yield from _samples(ffmpeg.write(pictures, to="pipe:", format="s16le", ac=1, ar=RATE), READ_SAMPLES, limits)


def _samples(output: ffmpeg.Stream, count: int, limits: Limits) -> Iterator[tuple[int, Samples]]:
    """Samples with the number of the first of them."""
    buffer = bytearray(2 * count)
    first = 0
    with ffmpeg.reading(output, limits=limits, says="The check's decoder of the sound") as process:
        while size := process.read_into(memoryview(buffer)):
            samples = np.frombuffer(bytes(buffer[: size - size % 2]), np.int16).astype(np.float32)
            yield first, samples
            first += samples.size
        with contextlib.suppress(PipelineError):
            process.finish()
