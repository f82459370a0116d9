"""A clip whose frames say their numbers in bits that survive any enlargement, in the left and the right half."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 128, 96
BITS, ROW = 12, 6
BLOCK = 8
LEFT, TOP = 8, 40
"""Where the first bit lies, in pixels of a half of the clip's own size."""

Picture = NDArray[np.uint8]


def centres(half: int) -> list[tuple[float, float]]:
    """Of the bits, lowest first, in shares of the picture's width and height; ``half`` is 0 or 1."""
    return [
        (
            (half * WIDTH / 2 + LEFT + BLOCK * (bit % ROW) + BLOCK / 2) / WIDTH,
            (TOP + BLOCK * (bit // ROW) + BLOCK / 2) / HEIGHT,
        )
        for bit in range(BITS)
    ]


def picture(number: int) -> Picture:
    """Frame ``number``: grey that moves a little, and its bits in black and white."""
    frame = np.full((HEIGHT, WIDTH, 3), 90 + number % 40, np.uint8)
    for half in (0, 1):
        for bit in range(BITS):
            x = half * WIDTH // 2 + LEFT + BLOCK * (bit % ROW)
            y = TOP + BLOCK * (bit // ROW)
            frame[y : y + BLOCK, x : x + BLOCK] = 235 if number >> bit & 1 else 20
    return frame


def number_in(frame: Picture, half: int) -> int:
    """What a picture of any size says, (height, width, 3)."""
    height, width = frame.shape[:2]
    read = (frame[int(y * height), int(x * width)].mean() > 128 for x, y in centres(half))
    return sum(int(is_set) << bit for bit, is_set in enumerate(read))


def make_numbered(path: Path, frames: int, *, rate: str = "30", extra: tuple[str, ...] = ()) -> Path:
    """The clip, with silence for sound. Raises CalledProcessError when ffmpeg fails."""
    command = [
        "ffmpeg", "-nostdin", "-loglevel", "error", "-y",
        "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", rate, "-i", "pipe:",
        "-f", "lavfi", "-i", "anoisesrc=seed=3:amplitude=0.1:sample_rate=44100", "-shortest",
        "-c:v", "mpeg4", "-q:v", "3", "-c:a", "pcm_s16le", *extra, f"file:{path}",
    ]  # fmt: skip
    subprocess.run(command, input=b"".join(picture(number).tobytes() for number in range(frames)), check=True)
    return path
