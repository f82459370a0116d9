"""Every clip of a folder through script/upscale: what comes out of each, measured by the result's own clock.

    python benchmarks/clips.py FOLDER [--app CHECKOUT] [--only SUBSTRING ...] [--preset h264] [--scale X]
                               [--keep FOLDER] [--json FILE]

FOLDER holds clips with white flashes in the picture and bursts of noise in the sound at the same moments. Exits with 0
whatever comes out: the table is to be read, and held against an earlier one.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import faithful
import flashes
import numpy as np
from measure import ROOT, size_of, upscale_with
from mutations import AFTER_RENDER, NO_MEDIA

LIMIT_SECONDS = 600
PRESETS = {"g17": "ffv1"}
"""By the beginning of a clip's name, where what is wrong with it is seen with one preset only."""
SUFFIXES = {"ffv1": ".mkv", "utvideo": ".mkv", "prores": ".mov"}
HALVES, THIRDS = "g28", "g34"
"""The clips of flat colours: one that changes half-way, and one of three columns."""
INTERLACED = "g32"
TONE_SHARE = 0.5


@dataclass(frozen=True)
class Result:
    """What a finished file is."""

    frames: int
    rate: float
    length: float
    """Seconds, from the first stamp to the last and one frame."""
    size: str
    sounds: tuple[tuple[float, float], ...]
    """Seconds at which each audio track that decodes begins and ends, counted from the first picture."""
    apart: float | None
    """Milliseconds by which a burst comes after its flash: the worst of all pairs and tracks."""
    lone: int
    """Flashes without a burst and bursts without a flash, in the track that has most."""
    tone: float | None
    """Hz, of the second half of the sound where that is a tone."""
    colours: tuple[tuple[int, int, int], ...]
    """RGB: of g28 the first and the second half, of g34 the left, middle and right third."""
    combed: float | None
    """Part of g32's frames that idet calls interlaced."""


@dataclass(frozen=True)
class Row:
    """What becomes of one clip."""

    name: str
    exit: int | None
    """None where it takes longer than LIMIT_SECONDS."""
    seconds: float
    source_apart: float | None
    """Milliseconds, the worst distance in the source itself, by its own clock."""
    result: Result | None
    warnings: tuple[str, ...]
    error: str


def apart(path: Path, pictures: flashes.Pictures) -> tuple[list[flashes.Sound], list[flashes.Pairs]]:
    """Each audio track of a file that decodes, and how its bursts lie against the flashes."""
    sounds = [sound for track in range(flashes.tracks(path)) if (sound := flashes.listen(path, track))]
    white = flashes.flashes(pictures)
    return sounds, [flashes.pair(white, sound.bursts) for sound in sounds]


def worst(pairs: Sequence[flashes.Pairs]) -> float | None:
    return max((pair.worst for pair in pairs if pair.worst is not None), key=abs, default=None)


def second_half_tone(path: Path) -> float | None:
    """Hz of the strongest frequency of the second half of the sound, where most of its energy is there."""
    frames, samples = flashes.heard(path)
    if not frames:
        return None
    middle = (frames[0][0] + frames[-1][0]) / 2
    before = sum(count for at, count in frames if at < middle)
    hertz, share = flashes.tone(samples[before:])
    return hertz if share > TONE_SHARE else None


def colours(path: Path) -> tuple[tuple[int, int, int], ...]:
    """The mean colour of each part of a clip of flat colours; nothing of any other."""
    if not path.name.startswith((HALVES, THIRDS)):
        return ()
    shown = faithful.pictures(path, faithful.rgb("bt709"))
    parts = np.array_split(shown, 2) if path.name.startswith(HALVES) else np.array_split(shown, 3, axis=2)
    means = [part[:, :, 4:-4].mean(axis=(0, 1, 2)).round().astype(int) for part in parts if part.size]
    return tuple((int(red), int(green), int(blue)) for red, green, blue in means)


def measured(path: Path) -> Result | None:
    """Look at a finished file and listen to it; None of one without pictures."""
    pictures = flashes.look(path)
    if not pictures.times:
        return None
    sounds, pairs = apart(path, pictures)
    zero = float(pictures.times[0])
    width, height = size_of(path)
    return Result(
        frames=len(pictures.times),
        rate=float(1 / pictures.gap) if pictures.gap else 0.0,
        length=float(pictures.length),
        size=f"{width}x{height}",
        sounds=tuple((sound.start - zero, sound.end - zero) for sound in sounds),
        apart=worst(pairs),
        lone=max((pair.lone_flashes + pair.lone_bursts for pair in pairs), default=0),
        tone=second_half_tone(path),
        colours=colours(path),
        combed=faithful.combing(path) if path.name.startswith(INTERLACED) else None,
    )


def attempt(source: Path, folder: Path, app: Path, preset: str, options: list[str]) -> Row:
    """Upscale one clip, and measure source and result."""
    preset = next((other for begins, other in PRESETS.items() if source.name.startswith(begins)), preset)
    target = folder / f"{source.stem}{SUFFIXES.get(preset, '.mp4')}"
    chosen = ["--model", "nearest", "--preset", preset, *options]
    finished, seconds = upscale_with(app, source, target, *chosen, limit_seconds=LIMIT_SECONDS)
    _, pairs = apart(source, flashes.look(source))
    if finished is None:
        return Row(source.name, None, seconds, worst(pairs), None, (), f"takes more than {LIMIT_SECONDS} s")
    if finished.returncode:
        lines = finished.stderr.strip().splitlines() or [""]
        late = "after the render: " if AFTER_RENDER.intersection(lines) else ""
        return Row(source.name, finished.returncode, seconds, worst(pairs), None, (), late + lines[-1])
    warnings = tuple(json.loads(finished.stdout)["warnings"])
    return Row(source.name, 0, seconds, worst(pairs), measured(target), warnings, "")


COLUMNS = (
    "clip", "exit", "seconds", "frames", "frames/s", "length, s", "size", "sound, s", "worst A-V, source / result, ms",
    "also", "what the app says",
)  # fmt: skip


def line(row: Row) -> str:
    """A row of the table."""
    cells = [row.name, "none" if row.exit is None else str(row.exit), f"{row.seconds:.1f}"]
    result = row.result
    if result:
        cells += [str(result.frames), f"{result.rate:.3f}", f"{result.length:.3f}", result.size]
        cells.append(", ".join(f"{start:.2f} to {end:.2f}" for start, end in result.sounds) or "none")
    else:
        cells += ["", "", "", "", ""]
    alone = f" ({result.lone} alone)" if result and result.lone and result.tone is None else ""
    after = milliseconds(result.apart if result else None)
    cells.append(f"{milliseconds(row.source_apart)} / {after}" + alone)
    cells += [also(result) if result else "", " ".join(row.warnings) or row.error]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def milliseconds(value: float | None) -> str:
    return "n/a" if value is None else f"{value:+.0f}"


def also(result: Result) -> str:
    """What is measured of some clips only."""
    found = [f"{result.tone:.0f} Hz"] if result.tone is not None else []
    found += [f"({red}, {green}, {blue})" for red, green, blue in result.colours]
    found += [f"combed {result.combed:.0%}"] if result.combed is not None else []
    return " ".join(found)


def main() -> int:
    parser = argparse.ArgumentParser(description="Every clip of a folder through script/upscale.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--app", type=Path, default=ROOT, metavar="CHECKOUT", help="of the app, in place of this one")
    parser.add_argument("--only", nargs="+", default=[], metavar="SUBSTRING", help="clips whose names hold one of them")
    parser.add_argument("--preset", default="h264", help="of all clips but g17, which needs ffv1")
    parser.add_argument("--scale", help="of the result; the network's own unless said")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the results there")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there too")
    options = parser.parse_args()
    chosen = ["--scale", options.scale] if options.scale else []
    sources = sorted(
        path for path in options.folder.resolve().iterdir() if path.is_file() and path.suffix not in NO_MEDIA
    )
    rows = []
    print("| " + " | ".join(COLUMNS) + " |\n" + "|---" * len(COLUMNS) + "|")
    for source in sources:
        if options.only and not any(part in source.name for part in options.only):
            continue
        with tempfile.TemporaryDirectory(prefix="clips-") as name:
            row = attempt(source, Path(name), options.app.resolve(), options.preset, chosen)
            rows.append(row)
            print(line(row), flush=True)
            if options.keep:
                options.keep.mkdir(parents=True, exist_ok=True)
                for made in Path(name).iterdir():
                    shutil.copy(made, options.keep)
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
