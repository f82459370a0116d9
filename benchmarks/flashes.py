"""When do white flashes and bursts of noise begin in a file, by the file's own clock?

    python benchmarks/flashes.py FILE ...

Measured with ffmpeg and numpy, without a line of the app's code. A clip that has both at the same moments shows
whether any treatment keeps picture and sound together. ``-copyts`` keeps ffmpeg from mending the clock, so a time is
what a demuxer says and what a player goes by.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

GRID = (16, 12)
"""Width and height at which a picture tells whether it is white."""
LEAST_WHITE = 150
"""Mean of a flash, of 255: paper white in TV range is 235, and a strip of the picture may stay as it is."""
LEAST_RISE = 30
"""Mean by which a flash is brighter than the median picture."""
FLASH_SHARE = 0.6
"""A picture belongs to a flash from so much of the way between the median and the brightest on."""

SAMPLE_RATE = 48_000
BIN_SAMPLES = 12
BIN_SECONDS = BIN_SAMPLES / SAMPLE_RATE
WINDOW_BINS = 8
"""2 ms: long enough for a steady level of noise, short enough to say when it begins."""
QUIET_BINS, LOUD_BINS = 120, 80
"""30 ms of quiet come before a burst, and the first 20 ms of it are loud throughout."""
AHEAD_DOUBLINGS = 8
"""A burst's level is the highest of the 2 to this power bins, 64 ms, from its beginning on."""
LEAST_LEVEL, LEAST_SHARE = 0.02, 0.1
"""Root mean square, of 1, and of the level of the loudest tenth, below which nothing is a burst."""
BURST_SHARE = 0.5
"""A burst begins at so much of its level: what a lossy codec spreads before it stays below."""
TONE_SHARE = 0.5
"""Sound with more than so much of its energy in one narrow band is a tone and not noise."""
AHEAD_SECONDS = (0.5 - BURST_SHARE**2) * WINDOW_BINS * BIN_SECONDS
"""The window is centred, so it reaches that share so much before the burst does."""

LONGEST_SECONDS = 300
PROBED = ("-probesize", "200M", "-analyzeduration", "200M")
"""What begins late in a file is found too."""

Gray = NDArray[np.uint8]
"""(frames, height, width)."""
Floats = NDArray[np.float64]

FRAME = re.compile(r"_showinfo_\d+ @ \w+\] n: *\d+ pts: *(-?\d+|NOPTS)")
TIME_BASE = re.compile(r"_showinfo_\d+ @ \w+\] config in time_base: (\d+)/(\d+)")
AUDIO = re.compile(r"^  Stream #0:\d+.*: Audio: ", re.MULTILINE)
SAMPLES = re.compile(r"_ashowinfo_\d+ @ \w+\] n:\d+ pts:(-?\d+|NOPTS) .* nb_samples:(\d+)")


@dataclass(frozen=True)
class Pictures:
    """The decoded frames of a file's first picture stream."""

    times: list[Fraction]
    """Seconds at which each begins, in the order in which they are shown."""
    gray: Gray

    @property
    def gap(self) -> Fraction:
        """Seconds from one frame to the next, on average; 0 of a single frame."""
        return (self.times[-1] - self.times[0]) / (len(self.times) - 1) if len(self.times) > 1 else Fraction(0)

    @property
    def length(self) -> Fraction:
        """Seconds from the first stamp to the last, and one average frame."""
        return self.times[-1] - self.times[0] + self.gap if self.times else Fraction(0)


@dataclass(frozen=True)
class Sound:
    """What an audio track holds. Times are seconds on the file's clock."""

    start: float
    end: float
    bursts: list[float]


@dataclass(frozen=True)
class Pairs:
    """Which burst belongs to which flash."""

    distances: list[float]
    """Milliseconds by which each burst comes after its flash, in the order of the flashes."""
    lone_flashes: int
    lone_bursts: int

    @property
    def worst(self) -> float | None:
        """Milliseconds, the distance that is largest, early or late; None without a pair."""
        return max(self.distances, key=abs) if self.distances else None


def look(path: Path, size: tuple[int, int] = GRID) -> Pictures:
    """Every frame as a small gray picture, with the time of each. Frames without a time are left out."""
    width, height = size
    chain = f"scale={width}:{height}:flags=area,format=gray,showinfo=checksum=0"
    raw, said = _decode(path, "0:V:0", "-vf", chain, "-fps_mode", "passthrough", "-f", "rawvideo")
    base, stamps = Fraction(0), []
    for line in said.splitlines():
        if found := TIME_BASE.search(line):
            base = Fraction(int(found[1]), int(found[2]))
        elif found := FRAME.search(line):
            stamps.append(None if found[1] == "NOPTS" else int(found[1]) * base)
    gray = np.frombuffer(raw, np.uint8)[: len(raw) // (width * height) * width * height].reshape(-1, height, width)
    kept = [number for number, stamp in enumerate(stamps[: len(gray)]) if stamp is not None]
    return Pictures([stamp for stamp in stamps[: len(gray)] if stamp is not None], gray[kept])


def flashes(pictures: Pictures) -> list[float]:
    """Seconds at which the picture turns white. A first frame that is white already is no beginning."""
    if not pictures.times:
        return []
    light = pictures.gray.reshape(len(pictures.gray), -1).mean(axis=1)
    usual, most = float(np.median(light)), float(light.max())
    if most < LEAST_WHITE or most - usual < LEAST_RISE:
        return []
    white = light > usual + FLASH_SHARE * (most - usual)
    return [float(pictures.times[number]) for number in 1 + np.flatnonzero(white[1:] & ~white[:-1])]


def listen(path: Path, track: int = 0) -> Sound | None:
    """Where audio track ``track`` begins and ends, and when noise begins in it; None without one that decodes."""
    frames, samples = heard(path, track)
    if not frames:
        return None
    times, places, energy = _bins(frames, samples)
    begins = [
        float(times[number]) + AHEAD_SECONDS
        for number in _loud_after_quiet(energy)
        if tone(samples[places[number] : places[number] + LOUD_BINS * BIN_SAMPLES])[1] < TONE_SHARE
    ]
    return Sound(frames[0][0], frames[-1][0] + frames[-1][1] / SAMPLE_RATE, begins)


def tracks(path: Path) -> int:
    """How many audio tracks ffmpeg sees in a file. ffprobe gives up over one whose header is broken."""
    command = ["ffmpeg", "-nostdin", "-hide_banner", *PROBED, "-i", f"file:{path}"]
    said = subprocess.run(command, check=False, capture_output=True, timeout=LONGEST_SECONDS).stderr
    return len(AUDIO.findall(said.decode(errors="replace")))


def heard(path: Path, track: int = 0) -> tuple[list[tuple[float, int]], NDArray[np.float32]]:
    """(seconds, number of samples) of each decoded frame of sound, and all the samples, mono at SAMPLE_RATE."""
    chain = f"aresample={SAMPLE_RATE},aformat=sample_fmts=flt:channel_layouts=mono,ashowinfo"
    raw, said = _decode(path, f"0:a:{track}", "-af", chain, "-f", "f32le")
    frames = []
    for line in said.splitlines():
        if found := SAMPLES.search(line):
            at = float("nan") if found[1] == "NOPTS" else int(found[1]) / SAMPLE_RATE
            frames.append((at, int(found[2])))
    samples = np.frombuffer(raw[: len(raw) // 4 * 4], np.float32)
    while frames and sum(count for _, count in frames) > samples.size:
        frames.pop()
    return frames, samples


def pair(flashing: Sequence[float], bursting: Sequence[float]) -> Pairs:
    """In order where there are as many of both, so that a growing drift is seen; otherwise the nearest to each other.

    One belongs to one. What stays over has nothing that begins with it.
    """
    if len(flashing) == len(bursting):
        return Pairs([(burst - flash) * 1000 for flash, burst in zip(flashing, bursting, strict=True)], 0, 0)
    near = sorted(
        (abs(burst - flash), number, other)
        for number, flash in enumerate(flashing)
        for other, burst in enumerate(bursting)
    )
    taken: dict[int, int] = {}
    for _, number, other in near:
        if number not in taken and other not in taken.values():
            taken[number] = other
    distances = [(bursting[taken[number]] - flashing[number]) * 1000 for number in sorted(taken)]
    return Pairs(distances, len(flashing) - len(taken), len(bursting) - len(taken))


def tone(samples: NDArray[np.float32]) -> tuple[float, float]:
    """The strongest frequency of a piece of sound, in Hz, and the share of its energy within 3 bins of that, 0 to 1."""
    if samples.size < 64:
        return 0.0, 0.0
    power = np.abs(np.fft.rfft(samples * np.hanning(samples.size))) ** 2
    power[:2] = 0
    most = int(np.argmax(power))
    share = float(power[max(0, most - 3) : most + 4].sum() / max(float(power.sum()), 1e-12))
    return most * SAMPLE_RATE / samples.size, share


def _decode(path: Path, stream: str, *options: str) -> tuple[bytes, str]:
    """What ffmpeg gives of one stream, and its words. Nothing of a stream that is not there or does not decode."""
    command = ["ffmpeg", "-nostdin", "-hide_banner", "-nostats", "-threads", "1", *PROBED, "-copyts"]
    with tempfile.TemporaryFile() as raw:
        finished = subprocess.run(
            [*command, "-i", f"file:{path}", "-map", stream, *options, "-"],
            check=False, stdout=raw, stderr=subprocess.PIPE, timeout=LONGEST_SECONDS,
        )  # fmt: skip
        raw.seek(0)
        return raw.read(), finished.stderr.decode(errors="replace")


def _bins(
    frames: list[tuple[float, int]], samples: NDArray[np.float32]
) -> tuple[Floats, NDArray[np.int64], NDArray[np.float32]]:
    """The time of each bin of the sound, its first sample, and the mean square in it, in the order of decoding.

    Frames that follow one another without a gap are one stretch; bins are counted from where a stretch begins.
    """
    stretches: list[tuple[float, int, int]] = []
    place = 0
    for at, count in frames:
        begins, first, length = stretches[-1] if stretches else (0.0, 0, 0)
        if stretches and (np.isnan(at) or abs(begins + length / SAMPLE_RATE - at) < 2 * BIN_SECONDS):
            stretches[-1] = (begins, first, length + count)
        else:
            stretches.append((0.0 if np.isnan(at) else at, place, count))
        place += count
    times, places, energy = [], [], []
    for begins, first, length in stretches:
        numbers = np.arange(length // BIN_SAMPLES)
        cut = samples[first : first + numbers.size * BIN_SAMPLES].reshape(-1, BIN_SAMPLES)
        times.append(begins + numbers * BIN_SECONDS)
        places.append(first + numbers * BIN_SAMPLES)
        energy.append(np.einsum("ij,ij->i", cut, cut) / BIN_SAMPLES)
    return np.concatenate(times), np.concatenate(places), np.concatenate(energy)


def _loud_after_quiet(energy: NDArray[np.float32]) -> list[int]:
    """Numbers of the bins at which sound becomes loud after quiet; the very beginning is none."""
    if energy.size < WINDOW_BINS:
        return []
    level = np.sqrt(np.convolve(energy, np.full(WINDOW_BINS, 1 / WINDOW_BINS), mode="same"))
    audible = level[level > LEAST_LEVEL]
    if not audible.size:
        return []
    ahead = level.copy()
    for doubling in range(AHEAD_DOUBLINGS):
        reach = min(2**doubling, ahead.size)
        np.maximum(ahead[: ahead.size - reach], ahead[reach:], out=ahead[: ahead.size - reach])
    least = max(LEAST_LEVEL, LEAST_SHARE * float(np.percentile(audible, 90)))
    loud = (level > BURST_SHARE * ahead) & (ahead > least)
    begins, quiet_since = [], 0
    for place in np.flatnonzero(np.diff(loud.astype(np.int8))) + 1:
        if not loud[place]:
            quiet_since = int(place)
        elif place - quiet_since >= QUIET_BINS and loud[place : place + LOUD_BINS].mean() > 0.5:
            begins.append(int(place))
    return begins


def main() -> int:
    parser = argparse.ArgumentParser(description="When flashes and bursts of noise begin, by each file's own clock.")
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--track", type=int, default=0, help="of the sound, from 0")
    options = parser.parse_args()
    for path in options.files:
        pictures, sound = look(path), listen(path, options.track)
        white = flashes(pictures)
        print(f"{path.name}: {len(pictures.times)} frames", end="")
        if pictures.times:
            print(f" from {float(pictures.times[0]):.3f} s, {float(pictures.length):.3f} s long", end="")
        print(f"; sound {sound.start:.3f} to {sound.end:.3f} s" if sound else "; no sound")
        pairs = pair(white, sound.bursts if sound else [])
        print("  flashes:   ", " ".join(f"{at:.3f}" for at in white))
        print("  bursts:    ", " ".join(f"{at:.3f}" for at in (sound.bursts if sound else [])))
        print("  apart, ms: ", " ".join(f"{distance:+.1f}" for distance in pairs.distances))
    return 0


if __name__ == "__main__":
    sys.exit(main())
