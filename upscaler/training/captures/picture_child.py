"""Read untrusted pictures in a confined process: ``python -m ...picture_child MAX_SIDE MAX_PIXELS``

Reads requests from its input, a line of JSON each: ``{"path": ..., "decode": true, "longest": 0}``. Answers each with
HEADER, then the pixels, if they were asked for. ``PictureReader`` starts it.
"""

from __future__ import annotations

import json
import os
import struct
import sys
from pathlib import Path

import numpy as np
from PIL import Image

HEADER = struct.Struct("<BIII")
"""Status, width and height of the picture, and its JPEG quality; 0 for a quality that isn't known."""
READ, UNREADABLE, TOO_LARGE = range(3)
FORMATS = ("PNG", "JPEG", "WEBP", "BMP")
JPEG_LUMA_SUM = 3688
"""Sum of the luma quantisers of the JPEG standard's annex K, which libjpeg scales by the quality."""


def main() -> None:
    max_side, max_pixels = int(sys.argv[1]), int(sys.argv[2])
    os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(max_pixels)  # OpenCV reads it when it is loaded
    for line in sys.stdin.buffer:
        request = json.loads(line)
        path = Path(os.fsdecode(bytes.fromhex(request["path"])))
        header, pixels = _answer(path, bool(request["decode"]), int(request["longest"]), max_side, max_pixels)
        sys.stdout.buffer.write(header + pixels)
        sys.stdout.buffer.flush()


def _answer(path: Path, decode: bool, longest: int, max_side: int, max_pixels: int) -> tuple[bytes, bytes]:
    try:
        with Image.open(path, formats=FORMATS) as picture:
            width, height = picture.size
            quality = _jpeg_quality(picture)
    except Exception:  # the parsers may raise anything for foreign bytes
        return HEADER.pack(UNREADABLE, 0, 0, 0), b""
    if max(width, height) > max_side or width * height > max_pixels:
        return HEADER.pack(TOO_LARGE, width, height, 0), b""
    if not decode:
        return HEADER.pack(READ, width, height, quality), b""
    return _decoded(path, (width, height), longest, quality)


def _decoded(path: Path, size: tuple[int, int], longest: int, quality: int) -> tuple[bytes, bytes]:
    """Return the picture as RGB, at most ``longest`` pixels a side where that isn't 0."""
    import cv2

    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    if path.suffix.lower() in (".jpg", ".jpeg") and longest and max(size) >= 2 * longest:
        flags = cv2.IMREAD_REDUCED_COLOR_2 | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        decoded = cv2.imdecode(np.fromfile(path, np.uint8), flags)
    except cv2.error:
        decoded = None
    if decoded is None:
        return HEADER.pack(UNREADABLE, 0, 0, 0), b""
    width, height = size
    if longest and max(size) > longest:
        width, height = fitted(width, height, longest)
        decoded = cv2.resize(decoded, (width, height), interpolation=cv2.INTER_AREA)
    return HEADER.pack(READ, width, height, quality), cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB).tobytes()


def fitted(width: int, height: int, longest: int) -> tuple[int, int]:
    """Return width and height, scaled down so that neither is more than ``longest``; even, as encoders want them."""
    share = min(1.0, longest / max(width, height))
    if share == 1.0:
        return width, height
    return max(2, 2 * round(width * share / 2)), max(2, 2 * round(height * share / 2))


def _jpeg_quality(picture: Image.Image) -> int:
    """Return libjpeg's quality, 1 to 100, of which the luma quantisers are made; 0 for other formats."""
    tables: dict[int, list[int]] | None = getattr(picture, "quantization", None)
    if not tables:
        return 0
    percent = 100.0 * sum(tables[min(tables)]) / JPEG_LUMA_SUM
    quality = 5000 / percent if percent > 100 else (200 - percent) / 2
    return min(100, max(1, round(quality)))


if __name__ == "__main__":
    main()
