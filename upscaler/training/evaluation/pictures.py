"""Labelled crops side by side: each contestant's, and the truth."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.posting.labels import OF_HEIGHT, draw
from upscaler.training.core.twin import Pixels

from .clips import SCALE, CaseFrame
from .contestants import Contestant
from .metrics import BORDER, luma
from .rows import FrameRow

TRUTH = "truth"
GAP = 4
"""Pixels between crops."""
FONT_SIZES = (18, 16, 14, 12)
"""Pixels; the largest that fits is used."""
MARGIN = 6
"""Pixels from the crop's corner to its label."""
JPEG = (cv2.IMWRITE_JPEG_QUALITY, 92)
SUFFIXES: dict[str, tuple[int, ...]] = {".png": (), ".jpg": JPEG, ".jpeg": JPEG}
"""Extensions that can be written, with OpenCV's options for them."""


@dataclass(frozen=True)
class Box:
    """A part of a truth, in its pixels."""

    x: int
    y: int
    width: int
    height: int

    def cut(self, frame: Pixels) -> Pixels:
        return frame[self.y : self.y + self.height, self.x : self.x + self.width]


def compare(
    frame: CaseFrame,
    contestants: Sequence[Contestant],
    *,
    box: Box | None = None,
    size: tuple[int, int] = (240, 180),
    zoom: int = 2,
    columns: int = 0,
) -> Pixels:
    """Return crops of one frame by each contestant, in their order, and of the truth, with their names.

    Without ``box``, the crop of ``size`` (width and height in pixels of the truth) is where the contestants differ
    most. ``zoom`` repeats each pixel. ``columns`` is the number of crops in a row, 0 for one row.
    """
    low, quantisers = frame.pair.low, frame.pair.quantisers
    pictures = {one.name: one.enlarge(low, quantisers) for one in contestants}
    box = box or most_different(list(pictures.values()), size)
    return sheet({**pictures, TRUTH: frame.pair.truth}, box, zoom=zoom, columns=columns)


def most_different(pictures: Sequence[Pixels], size: tuple[int, int]) -> Box:
    """Return the part of ``size`` (width and height) where the luma of these pictures of one frame differs most.

    A picture that is smaller than ``size`` is taken whole.
    """
    height, width = pictures[0].shape[:2]
    wide, high = min(size[0], width), min(size[1], height)
    spread = np.stack([luma(picture) for picture in pictures]).var(axis=0)
    spread[:BORDER], spread[-BORDER:], spread[:, :BORDER], spread[:, -BORDER:] = 0, 0, 0, 0
    sums = cv2.integral(spread)
    totals = sums[high:, wide:] - sums[:-high, wide:] - sums[high:, :-wide] + sums[:-high, :-wide]
    y, x = np.unravel_index(int(totals.argmax()), totals.shape)
    # on the grid of the low-resolution frame, so that crops of several frames look alike
    return Box(int(x) // SCALE * SCALE, int(y) // SCALE * SCALE, wide, high)


def sheet(pictures: Mapping[str, Pixels], box: Box, *, zoom: int = 2, columns: int = 0) -> Pixels:
    """Return the same crop of each picture with its name, in rows of ``columns``; 0 for one row."""
    panels = [_panel(name, box.cut(picture), zoom) for name, picture in pictures.items()]
    columns = columns or len(panels)
    rows = math.ceil(len(panels) / columns)
    height, width = panels[0].shape[:2]
    result = np.zeros((rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, 3), np.uint8)
    for number, panel in enumerate(panels):
        y, x = number // columns * (height + GAP), number % columns * (width + GAP)
        result[y : y + height, x : x + width] = panel
    return result


def write(picture: Pixels, path: Path) -> Path:
    """Write a picture as PNG or JPEG, by the file's extension, and replace what is there.

    Raises ValueError for other extensions, and PipelineError if OpenCV can't encode the picture.
    """
    if path.suffix not in SUFFIXES:
        raise ValueError(f"{path.name} must end in {', '.join(SUFFIXES)}.")
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    is_encoded, data = cv2.imencode(path.suffix, bgr, SUFFIXES[path.suffix])
    if not is_encoded:
        raise PipelineError(f"{path.name} can't be encoded. Choose another format.", permanent=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, suffix=path.suffix)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data.tobytes())
    Path(draft).chmod(0o644)
    Path(draft).replace(path)
    return path


def typical_frames(rows: Sequence[FrameRow], name: str, baseline: str, count: int) -> list[tuple[str, int]]:
    """Return up to ``count`` frames, as clip and number, on which ``name`` gains what it gains usually.

    Each is of another codec, and has the median of the differences in PSNR-Y from ``baseline`` on its codec's frames.
    """
    values = {(row.key.contestant, row.key.case, row.number): row for row in rows}
    gains: dict[str, list[tuple[float, str, int]]] = {}
    for (contestant, case, number), row in values.items():
        other = values.get((baseline, case, number))
        if contestant == name and other is not None:
            gains.setdefault(row.codec, []).append((row.psnr_y - other.psnr_y, case, number))
    medians = [sorted(each)[len(each) // 2] for _, each in sorted(gains.items())]
    return [(case, number) for _, case, number in medians[:count]]


def _panel(name: str, crop: Pixels, zoom: int) -> NDArray[np.uint8]:
    panel = np.repeat(np.repeat(crop, zoom, axis=0), zoom, axis=1)
    for size in FONT_SIZES:
        label = draw(name, round(size / OF_HEIGHT))
        height, width = label.clear.shape[:2]
        if width + 2 * MARGIN <= panel.shape[1] and height + 2 * MARGIN <= panel.shape[0]:
            place = panel[MARGIN : MARGIN + height, MARGIN : MARGIN + width]
            place[:] = np.rint(label.colour + place * label.clear).astype(np.uint8)
            return panel
    raise ValueError(f"A crop of {panel.shape[1]}x{panel.shape[0]} pixels has no space for the label {name!r}.")
