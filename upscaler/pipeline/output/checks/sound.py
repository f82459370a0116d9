"""Check that the sound keeps its time and pitch throughout, by cross-correlation, not by headers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.input_options import InputOptions
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.timeline import Shift
from upscaler.pipeline.programs import ffmpeg
from upscaler.pipeline.timing.clock_runs import NO_STAMP
from upscaler.pipeline.timing.source_clock import shift_per_frame
from upscaler.pipeline.tracks.sound_frames import SoundFrames

RATE = 8000
"""Samples per second; a lag is measured to 1/8 ms."""
WINDOW_SECONDS = 1.0
"""Seconds of sound that are compared with the result."""
WINDOWS = 24
"""Windows per track: the loudest of as many parts of it."""
MIN_SECONDS = 0.25
SEARCH_SECONDS = 2.0
"""Seconds before and after its expected time in which a window is searched for."""
NEAR_SECONDS, CERTAIN_SIMILARITY = 0.05, 0.6
"""Seconds around the expected time, and the similarity that ends the search there: elsewhere the same sound may occur
again, and louder."""
MIN_PEAK_SHARE = 0.98
"""Share of the highest peak above which a peak may be the true one: an encoder's noise lowers some."""
MIN_SIMILARITY = 0.5
"""Correlation of a window with itself in the result; another pitch has less than a tenth."""
MIN_LEVEL = 30.0
"""Root mean square, of 32767, below which a window counts as silence."""
MAX_GAP_SECONDS = 0.01
"""Seconds: longer gaps of the result are filled with silence."""
MAX_JITTER_SECONDS = 0.05
"""Seconds by which the times of a window's frames may disagree."""
NOMINAL_RATE = 48000
"""Nominal sample rate for ffmpeg, whatever the real one, so that no sample is changed."""
READ_SAMPLES = RATE
MONO_MIX = "mono|c0<0.7*FL+0.3*FR"
"""Unequal mono mix, in which channels of opposite phase don't cancel out."""

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Window:
    """An interval of sound; ``start`` in seconds, of the account or of the result."""

    start: float
    samples: Samples

    @property
    def level(self) -> float:
        """Root mean square of the samples."""
        return float(np.sqrt(np.mean(self.samples**2))) if self.samples.size else 0.0


@dataclass(frozen=True)
class Alignment:
    """A window found in the result: its delay in seconds, and its similarity, 0 to 1."""

    start: float
    late: float
    similarity: float


def loud_windows(
    source: Path,
    opening: InputOptions,
    track: int,
    frames: SoundFrames,
    shifts: Sequence[Shift],
    within: tuple[float, float],
    limits: Limits,
) -> list[Window]:
    """Return the loudest windows of a source's track, one for each part of it that isn't silent.

    Each is cut out of the decoded sound, at its first frame's time in the account; ``within`` are bounds in seconds.
    Reads the track once; memory does not grow with its length.
    """
    times = frames.begins / 1e9 + shift_per_frame(shifts, len(frames.begins))
    times[frames.begins == NO_STAMP] = np.nan
    begins, ends = within
    if np.isnan(times).all():
        return []
    first, last = max(begins, float(np.nanmin(times)), 0.0), min(ends, float(np.nanmax(times)) + WINDOW_SECONDS)
    part = max(WINDOW_SECONDS, (last - first) / WINDOWS)
    best: dict[int, Window] = {}
    for interval in _intervals(source, opening, track, frames, times, limits):
        window = _within(interval, begins, ends)
        number = int((window.start + window.samples.size / RATE / 2 - first) / part)
        if window.samples.size < MIN_SECONDS * RATE:
            continue
        if window.level > max(MIN_LEVEL, best[number].level if number in best else 0.0):
            best[number] = window
    return [best[number] for number in sorted(best)]


def _intervals(
    source: Path,
    opening: InputOptions,
    track: int,
    frames: SoundFrames,
    times: NDArray[np.float64],
    limits: Limits,
) -> Iterator[Window]:
    """Decode a track in intervals of about WINDOW_SECONDS, each of consecutive frames in one format.

    Samples are read unchanged and resampled here: ffmpeg's own resampler loses some whenever the form changes.
    """
    sound = ffmpeg.source(source, limits, opening)[f"a:{track}"]
    mixed = _mixed(sound).filter("asetrate", NOMINAL_RATE)
    output = ffmpeg.write(mixed, to="pipe:", format="s16le", ar=NOMINAL_RATE)
    bounds = np.concatenate(([0], np.cumsum(frames.samples)))
    changes = {change for change, _ in frames.forms}
    rates = dict(frames.forms)
    rate = frames.forms[0][1].rate
    at = 0
    with ffmpeg.reading(output, limits=limits, label="The sound check's decoder") as process:
        while at < len(times):
            rate = rates[at].rate if at in rates else rate
            end = at + 1
            while end < len(times) and end not in changes and bounds[end + 1] - bounds[at] <= WINDOW_SECONDS * rate:
                end += 1
            buffer = bytearray(2 * int(bounds[end] - bounds[at]))
            size = process.read_into(memoryview(buffer))
            if not size and not at:
                process.finish()  # raises what is wrong, or else:
                raise PipelineError("The source's sound can't be read to check the result.", permanent=True)
            samples = np.frombuffer(bytes(buffer[: size - size % 2]), np.int16).astype(np.float32)
            off = times[at:end] - (bounds[at:end] - bounds[at]) / rate
            known = off[~np.isnan(off)]
            if len(known) and np.ptp(known) <= MAX_JITTER_SECONDS:
                yield Window(float(np.median(known)), _resampled(samples, rate))
            if size < len(buffer):
                break
            at = end
        process.drain()
        process.wait()


def _resampled(samples: Samples, rate: int) -> Samples:
    """Resample to RATE by the spectrum."""
    count = samples.size * RATE // rate
    if not count:
        return np.empty(0, np.float32)
    spectrum = np.fft.rfft(samples)
    resampled = np.zeros(count // 2 + 1, spectrum.dtype)
    shared = min(len(resampled), len(spectrum))
    resampled[:shared] = spectrum[:shared]
    return (np.fft.irfft(resampled, count) * (count / samples.size)).astype(np.float32)


def _within(window: Window, begins: float, ends: float) -> Window:
    """Cut a window to the interval between two times, in seconds."""
    first = max(0, int(np.ceil((begins - window.start) * RATE)))
    last = max(first, int(min(window.samples.size, (ends - window.start) * RATE)))
    return Window(window.start + first / RATE, window.samples[first:last])


def find_windows(
    result: Path, track: int, windows: Sequence[Window], zero: float, limits: Limits
) -> list[Alignment | None]:
    """Find each window in the result's track; None where there is only silence.

    A window of the account belongs at its start and ``zero`` in ffmpeg's time of the file.
    """
    bounds = [
        (window.start + zero - SEARCH_SECONDS, window.start + zero + WINDOW_SECONDS + SEARCH_SECONDS)
        for window in windows
    ]
    parts: list[list[Samples]] = [[] for _ in windows]
    began = [0.0 for _ in windows]
    opened = ffmpeg.trusted_file(result)[f"a:{track}"]
    filled = opened.filter("aresample", RATE, **{"async": 1, "min_hard_comp": str(MAX_GAP_SECONDS), "first_pts": 0})
    for first, samples in _read(filled, limits):
        start, end = first / RATE, (first + samples.size) / RATE
        for number, (first_second, last_second) in enumerate(bounds):
            if end > first_second and start < last_second:
                if not parts[number]:
                    began[number] = start
                parts[number].append(samples)
    alignments: list[Alignment | None] = []
    for window, pieces, start in zip(windows, parts, began, strict=True):
        whole = np.concatenate(pieces) if pieces else np.empty(0, np.float32)
        alignments.append(compared(window, Window(start - zero, whole)) if whole.any() else None)
    return alignments


def compared(original: Window, result: Window) -> Alignment:
    """Compare two windows by the peak of their cross-correlation.

    Sound that repeats itself, a beep or a loop of drums, has a peak every period, and noise decides which is the
    highest: of those that are nearly as high, the one that moved the least.
    """
    length = original.samples.size
    radius = int(SEARCH_SECONDS * RATE)
    size = 1 << (length + result.samples.size + 2 * radius).bit_length()  # or lags of both signs would meet
    spectrum = np.fft.rfft(result.samples, size) * np.conj(np.fft.rfft(original.samples, size))
    correlation = np.fft.irfft(spectrum, size)
    expected = round((original.start - result.start) * RATE)
    for seconds in (NEAR_SECONDS, SEARCH_SECONDS):
        lag = _nearest_peak(correlation, expected, int(seconds * RATE))
        similarity = _similarity(original, result, correlation, expected + (lag or 0))
        if lag is not None and similarity >= CERTAIN_SIMILARITY:
            break
    return Alignment(original.start, (lag or 0) / RATE, similarity)


def _nearest_peak(correlation: NDArray[np.float64], expected: int, radius: int) -> int | None:
    """Return the lag of the peak nearest to ``expected`` among those nearly as high as the highest, or None."""
    around = correlation[np.arange(expected - radius - 1, expected + radius + 2) % correlation.size]
    inner = around[1:-1]
    is_peak = (inner >= around[:-2]) & (inner >= around[2:]) & (inner >= MIN_PEAK_SHARE * inner.max())
    lags = np.flatnonzero(is_peak) - radius
    return int(lags[np.abs(lags).argmin()]) if len(lags) else None


def _similarity(original: Window, result: Window, correlation: NDArray[np.float64], first: int) -> float:
    """Return the similarity of the window and the recording from sample ``first`` on, 0 to 1."""
    same = result.samples[max(0, first) : max(0, first + original.samples.size)]
    norm = float(np.linalg.norm(original.samples) * np.linalg.norm(same))
    return float(correlation[first % correlation.size]) / norm if norm else 0.0


def _read(sound: ffmpeg.Stream, limits: Limits) -> Iterator[tuple[int, Samples]]:
    output = ffmpeg.write(_mixed(sound), to="pipe:", format="s16le", ar=RATE)
    yield from _samples(output, READ_SAMPLES, limits)


def _mixed(sound: ffmpeg.Stream) -> ffmpeg.Stream:
    return sound.filter("aformat", channel_layouts="stereo").filter("pan", MONO_MIX)


def _samples(output: ffmpeg.Stream, count: int, limits: Limits) -> Iterator[tuple[int, Samples]]:
    """Yield samples with the number of the first of them."""
    buffer = bytearray(2 * count)
    first = 0
    with ffmpeg.reading(output, limits=limits, label="The sound check's decoder") as process:
        while size := process.read_into(memoryview(buffer)):
            samples = np.frombuffer(bytes(buffer[: size - size % 2]), np.int16).astype(np.float32)
            yield first, samples
            first += samples.size
        process.wait()
