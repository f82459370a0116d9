"""Files of every rate, container and jitter through script/upscale: are length and sound what the source's clock says?

    python benchmarks/sweep.py [--count 200] [--seed 1] [--only SUBSTRING] [--app CHECKOUT] [--jobs 2]
                               [--keep FOLDER] [--json FILE]

Each file is made here, 3 seconds long, with four flashes in the picture and a burst of noise in the sound at the very
stamp of each. Every frame shows its number. What the source is is read from the file itself (``flashes.py``), and so is
what the result is: no word of the app is taken for it. --only looks for its files among all of them, not only among
the --count that a run without it takes.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import shutil
import subprocess
import sys
import tempfile
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import chain, zip_longest
from pathlib import Path

import flashes
import numpy as np
from measure import ROOT, upscale_with
from numpy.typing import NDArray

SECONDS = 3
WIDTH, HEIGHT = 96, 64
STRIP = 16
"""Lines at the bottom that show the number of the frame, in BITS blocks of dark and light."""
BITS = 12
DARK, LIGHT, WHITE = 50, 200, 255
FLASH_SECONDS = Fraction(1, 10)
FLASHES = (Fraction(4, 10), Fraction(11, 10), Fraction(18, 10), Fraction(24, 10))
"""About where flashes begin: each at the first frame from there on."""
LEAST_ERROR_MS = 20.0
"""By which sound may move against picture where a frame is shorter."""
LIMIT_SECONDS = 120
MOST_SOURCE_MS = 60.0
"""A made file whose own flashes and bursts are farther apart is no good source. An MP3 in an AVI is 25 ms late."""

RATES: dict[str, Fraction] = {
    **{str(rate): Fraction(rate) for rate in (5, 8, 10, 12, 15, 18, 20, 24, 25, 30, 35, 36, 48, 50, 60)},
    **{str(rate): Fraction(rate) for rate in (70, 71, 72, 75, 85, 90, 100, 120, 144, 165, 200, 240)},
    "7.5": Fraction(15, 2),
    "12.5": Fraction(25, 2),
    "14.985": Fraction(15000, 1001),
    "23.976": Fraction(24000, 1001),
    "27.4": Fraction(137, 5),
    "29.97": Fraction(30000, 1001),
    "59.7275": Fraction(23891, 400),
    "59.94": Fraction(60000, 1001),
    "60.0988": Fraction(53488, 890),
}
MPEG2_RATES = frozenset({"23.976", "24", "25", "29.97", "30", "50", "59.94", "60"})
"""Those that an MPEG-2 stream has a code for."""
JITTERS = (Fraction(1, 10), Fraction(1, 4), Fraction(1, 2))
"""By how much of a frame a stamp may be early or late."""

X264 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "20")


@dataclass(frozen=True)
class Container:
    """How files of one kind are made."""

    picture: tuple[str, ...]
    sound: tuple[str, ...]
    base: Fraction | None
    """Seconds of a unit of its stamps; None where a frame is one unit, or FINE is where stamps jitter."""
    takes_jitter: bool = True
    sample_rate: int = 48_000


MILLISECOND, FINE = Fraction(1, 1000), Fraction(1, 90_000)
CONTAINERS = {
    "mp4": Container(X264, ("-c:a", "aac"), None),
    "mkv": Container((*X264, "-bf", "0"), ("-c:a", "libvorbis"), MILLISECOND),
    "avi": Container(
        ("-c:v", "mpeg4", "-q:v", "3", "-vtag", "XVID"),
        ("-c:a", "libmp3lame", "-avoid_negative_ts", "disabled"),
        None,
        takes_jitter=False,
    ),
    "flv": Container(("-c:v", "flv1", "-q:v", "3"), ("-c:a", "libmp3lame"), MILLISECOND, sample_rate=44_100),
    "wmv": Container(("-c:v", "wmv2", "-q:v", "3"), ("-c:a", "wmav2"), MILLISECOND, sample_rate=44_100),
    "ts": Container(X264, ("-c:a", "mp2", "-b:a", "192k"), FINE),
    "webm": Container(
        ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "1500k"),
        ("-c:a", "libvorbis"),
        MILLISECOND,
    ),
}
LOSSLESS = ("-c:v", "ffv1")
MPEG2 = ("-c:v", "mpeg2video", "-q:v", "3")


@dataclass(frozen=True)
class Kind:
    """One file to make."""

    container: str
    rate: str
    jitter: Fraction

    @property
    def name(self) -> str:
        timing = f"jitter{round(100 * self.jitter)}" if self.jitter else "constant"
        return f"{self.container}-{self.rate}-{timing}.{self.container}"

    @property
    def is_mpeg2(self) -> bool:
        """MPEG-2 writes a rate and no stamps of its own."""
        return self.container == "ts" and not self.jitter and self.rate in MPEG2_RATES

    @property
    def base(self) -> Fraction:
        """Seconds of a unit of its stamps."""
        exact = FINE if self.jitter else 1 / RATES[self.rate]
        return exact if self.is_mpeg2 else CONTAINERS[self.container].base or exact

    def stamps(self) -> list[int]:
        """The stamps of its frames, in units of ``base``: strictly increasing, from 0 or later on."""
        dice = random.Random(self.name)
        rate, base = RATES[self.rate], self.base
        stamps: list[int] = []
        for number in range(math.ceil(SECONDS * rate)):
            shift = self.jitter * Fraction(dice.randint(-1000, 1000), 1000)
            stamp = math.floor(max(Fraction(0), (number + shift) / rate) / base + Fraction(1, 2))
            stamps.append(max(stamp, stamps[-1] + 1) if stamps else stamp)
        return stamps


@dataclass(frozen=True)
class Row:
    """What becomes of one file."""

    name: str
    container: str
    kind: str
    """ "constant" or "jitter"."""
    source_rate: float
    """Frames a second, the mean by the source's own clock."""
    result_rate: float | None
    length_error_ms: float | None
    """By how much the result is longer than the source."""
    sound_error_ms: float | None
    """By how much a burst lies otherwise against its flash than in the source: the worst, early or late."""
    picture_error_ms: float | None
    """By how much a frame comes later than its stamp says, counted from the first frame: the worst, early or late.
    It is for reading: a file passes or fails by its length, its flashes and its frames."""
    frames: int
    frames_lost: int
    """Source frames that no frame of the result shows."""
    seconds: float
    complaints: tuple[str, ...]


def kinds(seed: int) -> list[Kind]:
    """All files that there are, in an order in which containers and timings take turns."""
    dice = random.Random(seed)
    groups = []
    for name, container in CONTAINERS.items():
        groups.append([Kind(name, rate, Fraction(0)) for rate in RATES])
        if container.takes_jitter:
            groups.append([Kind(name, rate, dice.choice(JITTERS)) for rate in RATES])
    for group in groups:
        dice.shuffle(group)
    return [kind for kind in chain.from_iterable(zip_longest(*groups)) if kind]


def flash_frames(times: list[Fraction]) -> list[range]:
    """The frames of each flash: those that begin within FLASH_SECONDS, and at least one."""
    found = []
    for start in FLASHES:
        first = next(number for number, time in enumerate(times) if time >= start)
        number = first
        while number < len(times) and (number == first or times[number] < times[first] + FLASH_SECONDS):
            number += 1
        found.append(range(first, number))
    return found


def frame(number: int, *, is_white: bool) -> NDArray[np.uint8]:
    """A gray picture with its number: a ramp and a square that move, or white above the strip."""
    picture = np.empty((HEIGHT, WIDTH), np.uint8)
    columns, lines = np.arange(WIDTH), np.arange(HEIGHT)[:, np.newaxis]
    picture[:] = 60 + ((columns + 3 * number) % WIDTH) // 2 + lines // 2
    left, top = (5 * number) % (WIDTH - 16), (3 * number) % (HEIGHT - STRIP - 16)
    picture[top : top + 16, left : left + 16] = 140
    if is_white:
        picture[:] = WHITE
    for bit in range(BITS):
        block = slice(bit * WIDTH // BITS, (bit + 1) * WIDTH // BITS)
        picture[HEIGHT - STRIP :, block] = LIGHT if number >> bit & 1 else DARK
    return picture


def numbers(gray: flashes.Gray) -> list[int]:
    """The number that each frame shows."""
    if not gray.size:
        return []
    middle = gray[:, HEIGHT - STRIP + 4 : HEIGHT - 4].mean(axis=1)
    bits = middle.reshape(len(gray), BITS, -1)[:, :, 2:-2].mean(axis=2) > (DARK + LIGHT) / 2
    return [int(number) for number in bits @ (1 << np.arange(BITS))]


def make(kind: Kind, folder: Path) -> Path:
    """Write one file. Raises RuntimeError when ffmpeg fails or the file does not hold what it should."""
    target, container = folder / kind.name, CONTAINERS[kind.container]
    stamps, base = kind.stamps(), kind.base
    times = [stamp * base for stamp in stamps]
    flashing = flash_frames(times)
    sound = folder / f"{kind.name}.wav"
    write_sound(sound, [times[shown.start] for shown in flashing], times[-1] + 1 / RATES[kind.rate], container)
    white = set(chain.from_iterable(flashing))
    pictures = b"".join(frame(number, is_white=number in white).tobytes() for number in range(len(stamps)))
    rate, picture = RATES[kind.rate], container.picture
    if kind.container == "mkv" and random.Random(kind.name).random() < 0.5:
        picture = LOSSLESS
    elif kind.is_mpeg2:
        picture = MPEG2
    command = [
        "ffmpeg", "-nostdin", "-v", "error", "-y",
        "-f", "rawvideo", "-pix_fmt", "gray", "-video_size", f"{WIDTH}x{HEIGHT}",
        "-framerate", f"{rate.numerator}/{rate.denominator}", "-i", "pipe:", "-i", f"file:{sound}",
        "-vf", f"settb={base.numerator}/{base.denominator},setpts='{by_number(stamps)}',format=yuv420p",
        "-fps_mode", "passthrough", "-enc_time_base:v", f"{base.numerator}/{base.denominator}",
        *picture, *container.sound,
        *(["-video_track_timescale", str(base.denominator)] if kind.container == "mp4" and kind.jitter else []),
        "-threads", "1", f"file:{target}",
    ]  # fmt: skip
    finished = subprocess.run(command, input=pictures, capture_output=True, check=False)
    if finished.returncode:
        raise RuntimeError(f"{kind.name}: {finished.stderr.decode(errors='replace')[-500:]}")
    sound.unlink()
    return target


def by_number(stamps: list[int]) -> str:
    """ffmpeg's expression for the stamp of frame N; it takes up to 100 terms in one another."""
    terms = [f"eq(N,{number})*{stamp}" for number, stamp in enumerate(stamps)]
    return "+".join(f"({'+'.join(terms[first : first + 32])})" for first in range(0, len(terms), 32))


def write_sound(path: Path, bursts: list[Fraction], seconds: Fraction, container: Container) -> None:
    """A WAV with noise of FLASH_SECONDS from each of the moments on."""
    noise = np.random.default_rng(1)
    samples = np.zeros(math.ceil(seconds * container.sample_rate))
    length = int(FLASH_SECONDS * container.sample_rate)
    for burst in bursts:
        first = round(burst * container.sample_rate)
        piece = samples[first : first + length]
        piece[:] = noise.uniform(-0.6, 0.6, piece.size)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(container.sample_rate)
        file.writeframes((samples * 32767).astype("<i2").tobytes())


@dataclass(frozen=True)
class Measured:
    """What a file is, by its own clock."""

    length: Fraction
    gap: Fraction
    apart: flashes.Pairs
    numbers: tuple[int, ...]
    times: tuple[Fraction, ...]


def measured(path: Path) -> Measured:
    """Look at a file and listen to it."""
    seen, heard = flashes.look(path, (WIDTH, HEIGHT)), flashes.listen(path)
    apart = flashes.pair(flashes.flashes(seen), heard.bursts if heard else [])
    return Measured(seen.length, seen.gap, apart, tuple(numbers(seen.gray)), tuple(seen.times))


def check_source(kind: Kind, source: Measured) -> None:
    """Raises RuntimeError unless the made file has the stamps, flashes and bursts that it was given."""
    stamps, base = kind.stamps(), kind.base
    asked = [(stamp - stamps[0]) * base for stamp in stamps]
    got = [time - source.times[0] for time in source.times]
    most = max((abs(one - other) for one, other in zip(asked, got, strict=False)), default=Fraction(0))
    if len(got) != len(asked) or most > MILLISECOND:
        raise RuntimeError(f"{kind.name}: {len(got)} of {len(asked)} frames, up to {float(most):.4f} s from their time")
    if source.numbers != tuple(range(len(asked))):
        raise RuntimeError(f"{kind.name}: the frames do not show their numbers")
    apart = source.apart
    if len(apart.distances) != len(FLASHES) or apart.lone_flashes or apart.lone_bursts:
        raise RuntimeError(f"{kind.name}: {apart} in place of {len(FLASHES)} flashes and bursts")
    if abs(apart.worst or 0) > MOST_SOURCE_MS:
        raise RuntimeError(f"{kind.name}: a burst is {apart.worst:.0f} ms from its flash in the source itself")


def compare(kind: Kind, source: Measured, result: Measured, seconds: float) -> Row:
    """What the result has otherwise than its source."""
    complaints = []
    one_frame = float(source.gap) * 1000
    length = float(result.length - source.length) * 1000
    if abs(length) > one_frame + 0.01:
        complaints.append("length")
    worst: float | None = None
    if (
        len(result.apart.distances) != len(source.apart.distances)
        or result.apart.lone_flashes + result.apart.lone_bursts
    ):
        complaints.append("flashes or bursts lost")
    else:
        both = zip(result.apart.distances, source.apart.distances, strict=True)
        worst = max((after - before for after, before in both), key=abs)
        if abs(worst) > max(LEAST_ERROR_MS, one_frame):
            complaints.append("sound")
    shown: dict[int, Fraction] = {}
    for number, time in zip(result.numbers, result.times, strict=True):
        shown.setdefault(number, time - result.times[0])
    late = [
        float(shown[number] - (time - source.times[0])) * 1000
        for number, time in zip(source.numbers, source.times, strict=True)
        if number in shown
    ]
    lost = len(set(source.numbers) - set(result.numbers))
    if lost:
        complaints.append("frames lost")
    return Row(
        name=kind.name,
        container=kind.container,
        kind="jitter" if kind.jitter else "constant",
        source_rate=float(1 / source.gap),
        result_rate=float(1 / result.gap) if result.gap else None,
        length_error_ms=length,
        sound_error_ms=worst,
        picture_error_ms=max(late, key=abs, default=None),
        frames=len(source.numbers),
        frames_lost=lost,
        seconds=seconds,
        complaints=tuple(complaints),
    )


def attempt(kind: Kind, folder: Path, app: Path, keep: Path | None) -> Row:
    """Make a file, upscale it, and hold the two against each other."""
    path = make(kind, folder)
    source = measured(path)
    check_source(kind, source)
    target = folder / f"{kind.name}.result.mp4"
    finished, seconds = upscale_with(
        app, path, target, "--model", "nearest", "--scale", "1", limit_seconds=LIMIT_SECONDS
    )
    if finished and not finished.returncode:
        row = compare(kind, source, measured(target), seconds)
    else:
        said = (finished.stderr.strip().splitlines() or [""])[-1] if finished else "too slow"
        timing = "jitter" if kind.jitter else "constant"
        rate, frames = float(1 / source.gap), len(source.numbers)
        row = Row(kind.name, kind.container, timing, rate, None, None, None, None, frames, 0, seconds, (said,))
    if keep and row.complaints:
        keep.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, keep)
    path.unlink()
    target.unlink(missing_ok=True)
    return row


def words(value: float | None, form: str = "+.0f") -> str:
    return "none" if value is None else format(value, form)


def table(rows: list[Row]) -> Iterator[str]:
    """By container and kind: how many pass, and the worst errors, of all of them."""
    yield "| container | timing | passed | worst length error, ms | worst A-V error, ms | worst frame, ms | lost |"
    yield "|---|---|---|---|---|---|---|"
    for container in CONTAINERS:
        for kind in ("constant", "jitter"):
            some = [row for row in rows if (row.container, row.kind) == (container, kind)]
            if not some:
                continue
            lengths = [row.length_error_ms for row in some if row.length_error_ms is not None]
            sounds = [row.sound_error_ms for row in some if row.sound_error_ms is not None]
            frames = [row.picture_error_ms for row in some if row.picture_error_ms is not None]
            cells = (
                container,
                kind,
                f"{sum(not row.complaints for row in some)} of {len(some)}",
                words(max(lengths, key=abs, default=None)),
                words(max(sounds, key=abs, default=None)),
                words(max(frames, key=abs, default=None)),
                str(sum(row.frames_lost for row in some)),
            )
            yield "| " + " | ".join(cells) + " |"


def failures(rows: list[Row]) -> Iterator[str]:
    """A row for each file that fails."""
    yield "| file | frames/s, source / result | length error, ms | A-V error, ms | worst frame, ms | lost | wrong |"
    yield "|---|---|---|---|---|---|---|"
    for row in rows:
        if row.complaints:
            cells = (
                row.name,
                f"{row.source_rate:.3f} / {words(row.result_rate, '.3f')}",
                words(row.length_error_ms, "+.1f"),
                words(row.sound_error_ms, "+.1f"),
                words(row.picture_error_ms, "+.1f"),
                f"{row.frames_lost} of {row.frames}",
                ", ".join(row.complaints),
            )
            yield "| " + " | ".join(cells) + " |"


def main() -> int:
    parser = argparse.ArgumentParser(description="Files of every rate, container and jitter through script/upscale.")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1, help="of the order, and so of which files are taken")
    parser.add_argument("--only", default="", metavar="SUBSTRING", help="files whose names hold it, such as flv-70-")
    parser.add_argument("--app", type=Path, default=ROOT, metavar="CHECKOUT", help="of the app, in place of this one")
    parser.add_argument("--jobs", type=int, default=2, help="files at a time")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the files that fail")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there too")
    options = parser.parse_args()
    chosen = [kind for kind in kinds(options.seed) if options.only in kind.name][: options.count]
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="sweep-") as name, ThreadPoolExecutor(options.jobs) as pool:
        for row in pool.map(lambda kind: attempt(kind, Path(name), options.app.resolve(), options.keep), chosen):
            rows.append(row)
            errors = f"{words(row.length_error_ms, '+8.1f'):>8} {words(row.sound_error_ms, '+8.1f'):>8}"
            said = ", ".join(row.complaints) or "passed"
            print(f"{row.seconds:5.1f} s  {row.name:28} {errors} ms  {said}", file=sys.stderr, flush=True)
    failed = sum(bool(row.complaints) for row in rows)
    print("\n".join(table(rows)))
    if failed:
        print("\n" + "\n".join(failures(rows)))
    print(f"\n{len(rows) - failed} of {len(rows)} files passed, seed {options.seed}.")
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=2))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
