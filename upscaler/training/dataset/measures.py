"""Measure reduced frames of a capture, one after the other."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from upscaler.pipeline.measure.luma import Luma, block_means
from upscaler.pipeline.measure.scenes import CUT_DIFFERENCE, CUT_RATIO, MIN_SCENE_FRAMES
from upscaler.training.core.twin import Pixels

LONGEST = 640
"""Longer side of the reduced frames, in pixels."""
THUMBNAIL_WIDTH, THUMBNAIL_QUALITY = 160, 80
FLOW_WIDTH = 160
BLOCK, CHANGED, REPEATED = 16, 3.0, 2.0
"""Side of a block; mean differences of its luma, of 255, above which it changed, and up to which it may be a repeat."""
SCENE_SIZE = (40, 30)
PLAIN_CONTRAST = 4.0
"""Standard deviation of luma, of 255, below which a frame is one plain colour."""
DARK_LEVEL, LIT_SHARE = 24, 0.03
"""Luma of 255 up to which a pixel is black, and the share of others below which a frame is: a word on black. The
darkest frame of eight captures has 0.094."""


@dataclass(frozen=True)
class Measures:
    """What one frame shows, and how it differs from the frame before it."""

    number: int
    scene: int
    sharpness: float
    brightness: float
    motion: float
    hash: int
    is_black: bool
    changed: float
    """Share of the blocks that changed, 0 to 1."""
    is_repeat: bool
    thumbnail: bytes


class Measurer:
    """Measures frames in order; keeps the last one, reduced."""

    def __init__(self) -> None:
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._last: Luma | None = None
        self._last_small: Luma | None = None
        self._last_scene: NDArray[np.float32] | None = None
        self._differences = [0.0, 0.0]
        self._scene, self._frames_of_scene = 0, 0

    def add(self, number: int, frame: Pixels) -> Measures:
        """Measure the next frame, (h, w, 3) RGB, of any size that stays."""
        luma: Luma = np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8)
        small: Luma = np.asarray(cv2.resize(luma, _scaled(luma, FLOW_WIDTH), interpolation=cv2.INTER_AREA), np.uint8)
        is_cut = self._is_cut(small)
        if is_cut:
            self._scene, self._frames_of_scene = self._scene + 1, 0
        self._frames_of_scene += 1
        changed, largest = self._change(luma)
        measures = Measures(
            number=number,
            scene=self._scene,
            sharpness=float(cv2.Laplacian(luma, cv2.CV_32F).var()),
            brightness=float(luma.mean()),
            motion=0.0 if is_cut else self._motion(small),
            hash=perceptual_hash(small),
            is_black=_is_black(luma),
            changed=changed,
            is_repeat=largest <= REPEATED,
            thumbnail=_thumbnail(frame),
        )
        self._last, self._last_small = luma, small
        return measures

    def _is_cut(self, small: Luma) -> bool:
        """Detect cuts as ``measure.scenes`` does, frame by frame."""
        scene = cv2.resize(small, SCENE_SIZE, interpolation=cv2.INTER_AREA).astype(np.float32)
        here = float(np.abs(scene - self._last_scene).mean()) if self._last_scene is not None else 0.0
        earlier = max(self._differences)
        self._last_scene, self._differences = scene, [self._differences[1], here]
        return here >= CUT_DIFFERENCE and here >= CUT_RATIO * earlier and self._frames_of_scene >= MIN_SCENE_FRAMES

    def _change(self, luma: Luma) -> tuple[float, float]:
        """Return the share of changed blocks, and the mean difference of the block that changed most."""
        if self._last is None:
            return 1.0, 255.0
        blocks = block_means(np.asarray(cv2.absdiff(luma, self._last), np.uint8), BLOCK)
        return float((blocks > CHANGED).mean()), float(blocks.max())

    def _motion(self, small: Luma) -> float:
        if self._last_small is None:
            return 0.0
        flow = self._flow.calc(self._last_small, small, np.zeros((*small.shape, 2), np.float32))
        return 100 * float(np.hypot(flow[..., 0], flow[..., 1]).mean()) / int(small.shape[1])


def perceptual_hash(luma: Luma) -> int:
    """Return ImageHash's pHash of 64 bits of a grey picture."""
    return int(str(imagehash.phash(Image.fromarray(luma))), 16)


def _is_black(luma: Luma) -> bool:
    return bool(luma.std() < PLAIN_CONTRAST or (luma > DARK_LEVEL).mean() < LIT_SHARE)


def _scaled(luma: Luma, width: int) -> tuple[int, int]:
    return width, max(16, round(luma.shape[0] * width / luma.shape[1]))


def _thumbnail(frame: Pixels) -> bytes:
    small = cv2.resize(frame, _scaled(frame[..., 0], THUMBNAIL_WIDTH), interpolation=cv2.INTER_AREA)
    picture = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, THUMBNAIL_QUALITY])[1].tobytes()
