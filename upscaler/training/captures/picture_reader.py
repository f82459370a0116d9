"""Read pictures of strangers through a confined process."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.frame import flat
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.programs.process import Process
from upscaler.training.core.twin import Pixels

from .picture_child import HEADER, READ, TOO_LARGE

CHILD = "upscaler.training.captures.picture_child"
MEMORY_BYTES = 4 * 1024**3
"""Address space of the process: OpenCV's libraries, and a picture of 4096x4096 several times."""


@dataclass(frozen=True)
class PictureFacts:
    """The header of a picture: its size in pixels, 0x0 where it can't be read, and its JPEG quality, 0 if unknown."""

    width: int
    height: int
    jpeg_quality: int
    is_too_large: bool = False

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height


class PictureReader:
    """Reads PNG, JPEG, WebP and BMP. Use it as a context manager: one process serves all pictures of a capture."""

    def __init__(self, limits: Limits) -> None:
        command = [sys.executable, "-m", CHILD, str(limits.max_side), str(limits.max_pixels)]
        self._process = Process(
            command,
            stall_seconds=limits.stall_seconds,
            label="The decoder of pictures",
            takes_input=True,
            memory_bytes=MEMORY_BYTES,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self._process.end()

    def facts(self, path: Path) -> PictureFacts:
        """Return the header of a picture, which isn't decoded."""
        status, width, height, quality = self._ask(path, decode=False, longest=0)
        if status == READ:
            return PictureFacts(width, height, quality)
        return PictureFacts(0, 0, 0, is_too_large=status == TOO_LARGE)

    def pixels(self, path: Path, *, longest: int = 0) -> Pixels | None:
        """Return (height, width, 3) RGB, at most ``longest`` pixels a side where that isn't 0; None if unreadable."""
        status, width, height, _ = self._ask(path, decode=True, longest=longest)
        if status != READ:
            return None
        picture: Pixels = np.empty((height, width, 3), np.uint8)
        self._fill(flat(picture))
        return picture

    def _ask(self, path: Path, *, decode: bool, longest: int) -> tuple[int, int, int, int]:
        request = {"path": os.fsencode(path.absolute()).hex(), "decode": decode, "longest": longest}
        self._process.write(memoryview(json.dumps(request).encode() + b"\n"))
        header = bytearray(HEADER.size)
        self._fill(memoryview(header))
        status, width, height, quality = HEADER.unpack(header)
        return status, width, height, quality

    def _fill(self, buffer: memoryview) -> None:
        if self._process.read_into(buffer) < len(buffer):
            raise PipelineError(
                "The decoder of pictures ended before the last picture. The server may be out of memory.",
                permanent=False,
                detail=self._process.tail,
            )
