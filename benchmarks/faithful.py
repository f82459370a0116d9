"""Is a result faithful to its source? Measured with ffmpeg and numpy, without a line of the app's code.

Pictures are compared small (``GRID``): what the network adds or x264 takes is not the question here,
but which frame is shown, whether it is whole, and in which colours.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

GRID = (64, 48)
SAME = 0.6
"""Mean absolute difference, of 255, by which a frame may look less like itself than like a neighbour: for stills."""
REPEATED = 2.5
"""Mean absolute difference, of 255, up to which a frame shows the same as the one before it."""

Pictures = NDArray[np.uint8]
"""(frames, height, width, 3), RGB."""


@dataclass(frozen=True)
class Shown:
    """Which source frame each frame of a result shows."""

    lost: int
    """Source frames that are not shown at their time."""
    repeats: int
    """Frames of the result between two source frames."""
    wrong_repeats: int
    """Such frames that do not show what the frame before them shows."""
    colour_error: float
    """Mean absolute difference of the two in RGB, of 255, over all source frames and GRID cells."""


def probe(path: Path) -> dict[str, Any]:
    """ffprobe's streams and format of one of our own or the corpus' files."""
    command = ["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", f"file:{path}"]
    answer: dict[str, Any] = json.loads(subprocess.check_output(command))
    return answer


def frame_times(path: Path) -> list[Fraction]:
    """Seconds of every decoded frame, in the order in which they are shown."""
    command = ["ffprobe", "-v", "error", "-threads", "1", "-select_streams", "v:0", "-of", "csv=p=0"]
    said = subprocess.check_output([*command, "-show_entries", "frame=best_effort_timestamp_time", f"file:{path}"])
    return [Fraction(line.strip(",")) for line in said.decode().split() if line.strip(",") not in ("", "N/A")]


def slots(times: list[Fraction], rate: Fraction) -> list[int]:
    """The frame of the result at which each source frame belongs: nearest in time, and none on top of another."""
    numbers: list[int] = []
    for time in times:
        nearest = int((time - times[0]) * rate + Fraction(1, 2))
        numbers.append(max(nearest, numbers[-1] + 1) if numbers else 0)
    return numbers


def pictures(path: Path, filters: str) -> Pictures:
    """Every frame of a file, brought to GRID, RGB. ``filters`` come first and end in RGB."""
    width, height = GRID
    command = ["ffmpeg", "-nostdin", "-v", "error", "-threads", "1", "-i", f"file:{path}", "-map", "0:v:0", "-vf"]
    chain = f"{filters},scale={width}:{height}:flags=area"
    raw = subprocess.run(
        [*command, chain, "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
        check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ).stdout  # fmt: skip
    return np.frombuffer(raw, np.uint8).reshape(-1, height, width, 3)


def rgb(matrix: str, area: str = "iw:ih:0:0", before: str = "null") -> str:
    """Filters: a part of the picture in RGB, by a matrix that is said and not guessed, in TV range."""
    return (
        f"{before},crop={area}:exact=1,scale=in_color_matrix={matrix}:in_range=limited:flags=accurate_rnd,format=rgb24"
    )


def shown(source: Pictures, result: Pictures, numbers: list[int]) -> Shown:
    """Compare frame by frame. ``numbers``: where each source frame belongs in the result."""
    before, after = source.astype(np.int16), result.astype(np.int16)
    lost = 0
    errors = []
    for frame, number in enumerate(numbers[: len(before)]):
        if number >= len(after):
            lost += 1
            continue
        near = range(max(0, frame - 2), min(len(before), frame + 3))
        unlike = {other: float(np.abs(before[other] - after[number]).mean()) for other in near}
        errors.append(unlike[frame])
        lost += unlike[frame] > min(unlike.values()) + SAME
    places = set(numbers)
    between = [number for number in range(len(after)) if number not in places]
    wrong = sum(float(np.abs(after[number] - after[number - 1]).mean()) > REPEATED for number in between if number)
    return Shown(lost, len(between), wrong, float(np.mean(errors)) if errors else float("nan"))


def combing(path: Path, filters: str = "null") -> float:
    """Part of the frames, 0 to 1, that ffmpeg's idet calls interlaced."""
    command = ["ffmpeg", "-nostdin", "-hide_banner", "-i", f"file:{path}", "-map", "0:v:0", "-vf", f"{filters},idet"]
    said = subprocess.run([*command, "-f", "null", "-"], check=True, capture_output=True, text=True).stderr
    line = next(line for line in reversed(said.splitlines()) if "Multi frame detection" in line)
    words = line.split("detection:")[1].replace(":", " ").split()
    counts = {name: int(count) for name, count in zip(words[::2], words[1::2], strict=True)}
    interlaced = counts["TFF"] + counts["BFF"]
    return interlaced / max(1, interlaced + counts["Progressive"])
