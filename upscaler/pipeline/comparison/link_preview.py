"""The link preview: the left half shows before, the right half after, with a line between them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.frame import Frame

WIDTH, HEIGHT = 1200, 630
"""Size of link previews (https://ogp.me)."""
LINE = 4
"""Pixels of the line's width."""
JPEG_QUALITY = 88


def liveliest(pictures: Sequence[Path]) -> int:
    """Return the index of the picture with the most contrast, so that a preview isn't a black screen.

    Raises PipelineError for a picture that can't be read.
    """
    return int(np.argmax([_read(path, cv2.IMREAD_REDUCED_GRAYSCALE_8).std() for path in pictures]))


def write_link_preview(before: Path, after: Path, target: Path) -> None:
    """Write the JPEG of two pictures of the same frame, which may differ in size but not in what they show.

    Both are cropped evenly to its aspect ratio. Raises PipelineError when a picture can't be
    read or the result can't be written.
    """
    left, right = (_covering(_read(path, cv2.IMREAD_COLOR)) for path in (before, after))
    middle = WIDTH // 2
    picture = np.hstack([left[:, :middle], right[:, middle:]])
    picture[:, middle - LINE // 2 : middle + LINE // 2] = 255
    if not cv2.imwrite(str(target), picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]):
        raise PipelineError(f"Can't write the picture {target.name}. Check that the disk isn't full.", permanent=False)


def _covering(picture: Frame) -> Frame:
    """Scale to cover the preview and crop: cubic when enlarging, by areas when reducing."""
    height, width = picture.shape[:2]
    scale = max(WIDTH / width, HEIGHT / height)
    size = max(WIDTH, round(width * scale)), max(HEIGHT, round(height * scale))
    scaled = cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA)
    x, y = (size[0] - WIDTH) // 2, (size[1] - HEIGHT) // 2
    return np.asarray(scaled[y : y + HEIGHT, x : x + WIDTH], np.uint8)


def _read(path: Path, how: int) -> Frame:
    picture = cv2.imread(str(path), how)
    if picture is None:
        raise PipelineError(f"Can't read the picture {path.name}.", permanent=False)
    return picture  # type: ignore[return-value]
