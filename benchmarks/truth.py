"""A network on real clips, held against their ground truth: with and without the source's colours."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.networks.backend import Backend
from upscaler.pipeline.render.postfilters.colour_match import match_colours

CLIPS = ("xvid_320x240_30_mp3.avi", "wmv2_320x240_30_wma.wmv", "xvid_flv_twice_320x240.flv")
FRAMES = (30, 130, 230)
CROP = (60, 80, 120, 160)
"""Top, left, height and width of the part of the source that is enlarged: large networks are slow."""
COARSE = 32
"""Sigma, in pixels of the ground truth, of what counts as low frequencies."""

Pictures = NDArray[np.uint8]


def against_truth(footage: Path, name: str, backend: Backend) -> dict[str, dict[str, float]]:
    """PSNR in dB and mean difference of the low frequencies, of 255, of a few frames of a clip."""
    clips = json.loads((footage / "manifest.json").read_text())["clips"]
    clip = next(clip for clip in clips if Path(clip["file"]).name == name)
    shows = clip["gt_frame_of_output_frame"]
    top, left, height, width = CROP
    size, scale = (clip["width"], clip["height"]), backend.scale
    sources = pictures(footage / clip["file"], FRAMES, size, "smpte170m")
    truths = pictures(footage / clip["ground_truth"], tuple(shows[n] for n in FRAMES), (1280, 960), "bt709")
    figures: dict[str, dict[str, Any]] = {name: {"psnr": [], "colour": []} for name in ("without", "with")}
    for source, truth in zip(sources, truths, strict=True):
        whole = cv2.resize(truth, (size[0] * scale, size[1] * scale), interpolation=cv2.INTER_AREA)
        expected = whole[top * scale : (top + height) * scale, left * scale : (left + width) * scale]
        before = np.ascontiguousarray(source[top : top + height, left : left + width])
        after = backend.upscale(before[None])[0]
        for kind, picture in (("without", after), ("with", match_colours(before, after))):
            figures[kind]["psnr"].append(cv2.PSNR(picture, np.ascontiguousarray(expected)))
            figures[kind]["colour"].append(float(np.abs(_coarse(picture) - _coarse(expected)).mean()))
    return {kind: {name: float(np.mean(values)) for name, values in one.items()} for kind, one in figures.items()}


def pictures(path: Path, numbers: tuple[int, ...], size: tuple[int, int], matrix: str) -> Pictures:
    """These frames of a file in TV range, as RGB."""
    chosen = "+".join(f"eq(n\\,{number})" for number in numbers)
    convert = f"scale=in_color_matrix={matrix}:in_range=limited:flags=bicubic+accurate_rnd+full_chroma_int"
    raw = subprocess.check_output(
        ["ffmpeg", "-nostdin", "-v", "error", "-i", f"file:{path}", "-vf", f"select={chosen},{convert},format=rgb24",
         "-f", "rawvideo", "-fps_mode", "passthrough", "pipe:"],
        timeout=120,
    )  # fmt: skip
    return np.frombuffer(raw, np.uint8).reshape(len(numbers), size[1], size[0], 3)


def _coarse(picture: Pictures) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(picture.astype(np.float32), (0, 0), COARSE), np.float32)
