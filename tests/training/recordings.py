"""Recordings that tests make: textures with the spectrum of photographs, which glide past, without loss."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def texture(seed: int, width: int, height: int, *, mean: float = 110, contrast: float = 40) -> Pixels:
    """A coloured texture, (h, w, 3): its amplitude falls with the frequency, as that of photographs does."""
    rng = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    frequency[0, 0] = 1
    planes = []
    for share in (1.0, 0.4, 0.4):
        noise = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((height, width))) / frequency**1.4, (height, width))
        planes.append(share * noise / noise.std())
    luma, red, blue = planes
    picture = np.stack((luma + red, luma, luma + blue), axis=2)
    return np.clip(mean + contrast * picture, 0, 255).astype(np.uint8)


def gliding(
    seed: int, frames: int, width: int, height: int, *, step: int = 3, mean: float = 110, contrast: float = 40
) -> list[Pixels]:
    """Frames of a window that glides over a texture, ``step`` pixels to the right in each."""
    wide = texture(seed, width + step * frames, height, mean=mean, contrast=contrast)
    return [np.ascontiguousarray(wide[:, step * at : step * at + width]) for at in range(frames)]


def plain(frames: int, width: int, height: int, level: int = 0) -> list[Pixels]:
    return [np.full((height, width, 3), level, np.uint8)] * frames


def record(path: Path, frames: Sequence[Pixels], *options: str, rate: str = "30") -> Path:
    """Write frames as a video; lossless RGB without options."""
    height, width = frames[0].shape[:2]
    command = [
        "ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24",
        "-s", f"{width}x{height}", "-framerate", rate, "-i", "pipe:",
        *(options or ("-c:v", "ffv1", "-pix_fmt", "bgr0")), str(path),
    ]  # fmt: skip
    subprocess.run(command, input=b"".join(frame.tobytes() for frame in frames), check=True, timeout=60)
    return path


def save_pictures(folder: Path, frames: Sequence[Pixels], suffix: str = ".png", quality: int = 95) -> Path:
    """Write frames as pictures named frame0, frame1 ... frame10."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, frame in enumerate(frames):
        options = [cv2.IMWRITE_JPEG_QUALITY, quality] if suffix == ".jpg" else []
        cv2.imwrite(str(folder / f"frame{number}{suffix}"), cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), options)
    return folder
