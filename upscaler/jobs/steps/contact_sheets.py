"""Writes the thumbnails of a capture's frames as pages: one JPEG for a hundred frames."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from upscaler.media.files import store_file
from upscaler.models import Capture
from upscaler.pipeline.core.errors import PipelineError
from upscaler.selectors.contact_sheets import COLUMNS, ROWS, TILE_WIDTH, tile_height, tile_of

QUALITY = 80
EMPTY = 128
"""The grey of a frame without a thumbnail."""


class SheetWriter:
    """Takes thumbnails in the order of their frames. Memory holds one page. ``finish`` stores the last one."""

    def __init__(self, capture: Capture, scratch: Path) -> None:
        self._capture = capture
        self._scratch = scratch
        self._height = tile_height(capture)
        self._page = 0
        self._sheet = self._empty()
        self._rows = 0

    def add(self, number: int, thumbnail: bytes) -> None:
        """Add the thumbnail of a frame, a JPEG; an empty one stays grey."""
        tile = tile_of(number)
        if tile.sheet != self._page:
            self.finish()
            self._page, self._sheet = tile.sheet, self._empty()
        self._rows = tile.row + 1
        picture = cv2.imdecode(np.frombuffer(thumbnail, np.uint8), cv2.IMREAD_COLOR) if thumbnail else None
        if picture is None:
            return
        size = (TILE_WIDTH, self._height)
        if picture.shape[1::-1] != size:
            picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        left, top = tile.column * TILE_WIDTH, tile.row * self._height
        self._sheet[top : top + self._height, left : left + TILE_WIDTH] = picture

    def finish(self) -> None:
        """Store the page that was begun. Raises PipelineError if storage fails."""
        if not self._rows:
            return
        is_encoded, data = cv2.imencode(
            ".jpg", self._sheet[: self._rows * self._height], [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
        )
        if not is_encoded:
            raise PipelineError("A page of thumbnails can't be encoded.", permanent=True)
        file = self._scratch / f"{self._page:05d}.jpg"
        file.write_bytes(data.tobytes())
        store_file(file, self._capture.sheet_key(self._page))
        self._rows = 0

    def _empty(self) -> np.ndarray:
        return np.full((ROWS * self._height, COLUMNS * TILE_WIDTH, 3), EMPTY, np.uint8)
