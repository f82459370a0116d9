"""Frames as image files: JPEG for pages, lossless PNG for downloads."""

from __future__ import annotations

from pathlib import Path

import cv2

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.frame import Frame

JPEG_QUALITY = 92


def write_picture(path: Path, frame: Frame) -> None:
    """Write an RGB frame as a JPEG. Raises PipelineError when it can't be written."""
    _write(path, frame, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])


def write_pair(folder: Path, number: int, before: Frame, after: Frame) -> tuple[Path, Path]:
    """Write a frame before and after as JPEGs into a folder, named by its number."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / f"{number:08}-before.jpg", folder / f"{number:08}-after.jpg"
    write_picture(paths[0], before)
    write_picture(paths[1], after)
    return paths


def write_pngs(folder: Path, number: int, before: Frame, after: Frame) -> tuple[Path, Path]:
    """Write a frame before and after as PNGs into a folder, named by its number."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / f"{number:08}-before.png", folder / f"{number:08}-after.png"
    for path, frame in zip(paths, (before, after), strict=True):
        _write(path, frame, [])
    return paths


def _write(path: Path, frame: Frame, options: list[int]) -> None:
    picture = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
    if not cv2.imwrite(str(path), picture, options):
        raise PipelineError(f"Can't write the picture {path.name}. Check that the disk isn't full.", permanent=False)
