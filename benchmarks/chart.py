"""The 24 patches of a colour chart as a film, and what is left of them: no line of the app's code.

Sources are written losslessly in 4:4:4 by ffmpeg's scale filter, whose matrices and ranges are said; results
are decoded with nothing but the tags that stand in the file, or, where it has none, as players take them.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PATCHES = (
    (115, 82, 68), (194, 150, 130), (98, 122, 157), (87, 108, 67), (133, 128, 177), (103, 189, 170),
    (214, 126, 44), (80, 91, 166), (193, 90, 99), (94, 60, 108), (157, 188, 64), (224, 163, 46),
    (56, 61, 150), (70, 148, 73), (175, 54, 60), (231, 199, 31), (187, 86, 149), (8, 133, 161),
    (243, 243, 242), (200, 200, 200), (160, 160, 160), (122, 122, 121), (85, 85, 85), (52, 52, 52),
)  # fmt: skip
"""The classic chart's sRGB values, by rows."""

COLUMNS, ROWS = 6, 4
FRAMES = 3
SIZES = {"SD": (640, 480), "HD": (1280, 720)}
MATRICES = {"601": "smpte170m", "709": "bt709"}
RANGES = {"tv": "tv", "full": "pc"}

Picture = NDArray[np.uint8]
"""(height, width, 3), RGB."""


@dataclass(frozen=True)
class Source:
    """One way of writing the chart down."""

    size: str
    matrix: str
    range: str
    tagged: bool

    def __str__(self) -> str:
        return f"{self.size} {self.matrix} {self.range} {'tagged' if self.tagged else 'untagged'}"

    @property
    def settings(self) -> tuple[str, ...]:
        """What a person has to say of it: nothing in the file tells what differs from the usual, TV range and
        BT.601 in standard, BT.709 in high definition."""
        if self.tagged:
            return ()
        usual = "601" if self.size == "SD" else "709"
        matrix = () if self.matrix == usual else (f"matrix=bt{self.matrix}",)
        return (*matrix, *(() if self.range == "tv" else ("range=full",)))


SOURCES = tuple(
    Source(size, matrix, range_, tagged)
    for size in SIZES
    for matrix in MATRICES
    for range_ in RANGES
    for tagged in (True, False)
)


def draw(width: int, height: int) -> Picture:
    """The chart as a picture."""
    colours = np.array(PATCHES, np.uint8).reshape(ROWS, COLUMNS, 3)
    rows, columns = np.arange(height) * ROWS // height, np.arange(width) * COLUMNS // width
    return np.ascontiguousarray(colours[rows][:, columns])


def make(source: Source, target: Path) -> Path:
    """The chart as a Matroska file of three frames, FFV1 4:4:4."""
    width, height = SIZES[source.size]
    matrix, range_ = MATRICES[source.matrix], RANGES[source.range]
    tags = ["-colorspace", matrix, "-color_range", range_] if source.tagged else []
    said = f"colorspace={matrix}:range={range_}" if source.tagged else "colorspace=unknown:range=unknown"
    convert = f"scale=out_color_matrix={matrix}:out_range={range_}:flags=bicubic+accurate_rnd+full_chroma_int"
    subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}",
         "-r", "25", "-i", "pipe:", "-vf", f"{convert},format=yuv444p,setparams={said}", "-c:v", "ffv1", *tags,
         f"file:{target}"],
        input=draw(width, height).tobytes() * FRAMES, check=True, timeout=60,
    )  # fmt: skip
    return target


def last_picture(path: Path) -> Picture:
    """The last frame of a file, decoded by its tags; without any, as players take it: TV range, and BT.709 in HD."""
    shown = subprocess.check_output(
        ["ffprobe", "-v", "error", "-select_streams", "v:0", "-of", "json", "-show_entries",
         "stream=width,height,pix_fmt,color_space,color_range", f"file:{path}"],
        timeout=60,
    )  # fmt: skip
    stream = json.loads(shown)["streams"][0]
    width, height = stream["width"], stream["height"]
    matrix = stream.get("color_space", "bt709" if height >= 720 else "smpte170m")
    range_ = {"tv": "limited", "pc": "full"}[stream.get("color_range", "tv")]
    flags = "flags=bicubic+accurate_rnd+full_chroma_int"
    convert = "" if matrix == "gbr" else f"scale=in_color_matrix={matrix}:in_range={range_}:{flags},"
    raw = subprocess.check_output(
        ["ffmpeg", "-nostdin", "-v", "error", "-i", f"file:{path}", "-map", "0:v:0", "-vf", f"{convert}format=rgb24",
         "-f", "rawvideo", "-fps_mode", "passthrough", "pipe:"],
        timeout=120,
    )  # fmt: skip
    return np.asarray(np.frombuffer(raw, np.uint8).reshape(-1, height, width, 3)[-1])


def shifts(picture: Picture) -> list[float]:
    """For each patch, by how much the mean of its inner half is off: the worst channel, of 255."""
    return [
        float(np.abs(inner.mean(axis=(0, 1)) - colour).max())
        for inner, colour in zip(_inner(picture), PATCHES, strict=True)
    ]


def worst_pixel(picture: Picture) -> int:
    """By how much the worst channel of the worst pixel in the inner half of any patch is off, of 255."""
    return max(
        int(np.abs(inner.astype(int) - colour).max()) for inner, colour in zip(_inner(picture), PATCHES, strict=True)
    )


def _inner(picture: Picture) -> list[Picture]:
    """The inner half of each patch, by width and by height."""
    height, width = picture.shape[0] / ROWS, picture.shape[1] / COLUMNS
    return [
        picture[
            round((row + 0.25) * height) : round((row + 0.75) * height),
            round((column + 0.25) * width) : round((column + 0.75) * width),
        ]
        for row in range(ROWS)
        for column in range(COLUMNS)
    ]
