"""Real-ESRGAN's synthetic degradation of single frames: twice blurred, resized, noisy and compressed as JPEG.

The order, the probabilities and the ranges are those of "Real-ESRGAN: Training Real-World Blind Super-Resolution with
Pure Synthetic Data" (arXiv 2107.10833) and of its train_realesrgan_x4plus.yml; kernels and noise are basicsr's own
functions. Truths aren't sharpened first.
"""

from __future__ import annotations

import contextlib
import math
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.networks import compat
from upscaler.training.core.twin import Pixels

from .synthetic import through_jpeg

NAME = "second-order"
"""The name of this chain in the place of a scaling kernel."""
Picture = NDArray[np.float32]
"""(height, width, 3), RGB, 0 to 1."""
Kernel = NDArray[np.float32]

KERNEL_SIDES = range(7, 22, 2)
KERNEL_KINDS = ["iso", "aniso", "generalized_iso", "generalized_aniso", "plateau_iso", "plateau_aniso"]
KERNEL_SHARES = [0.45, 0.25, 0.12, 0.03, 0.12, 0.03]
GENERALIZED_BETA, PLATEAU_BETA = [0.5, 4], [1, 2]
SINC_SHARE, LAST_SINC_SHARE = 0.1, 0.8
GAUSSIAN_SHARE, GRAY_SHARE = 0.5, 0.4
JPEG = 30, 95
RESIZERS = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC)


@dataclass(frozen=True)
class Stage:
    """One of the two rounds."""

    blur_share: float
    sigma: tuple[float, float]
    up_down_keep: tuple[float, float, float]
    resize: tuple[float, float]
    noise: tuple[float, float]
    poisson: tuple[float, float]


FIRST = Stage(1.0, (0.2, 3), (0.2, 0.7, 0.1), (0.15, 1.5), (1, 30), (0.05, 3))
SECOND = Stage(0.8, (0.2, 1.5), (0.3, 0.4, 0.3), (0.3, 1.2), (1, 25), (0.05, 2.5))


def second_order(frames: Iterable[Pixels], width: int, height: int, seed: int) -> Iterator[Pixels]:
    """Yield an RGB frame of ``height`` by ``width`` for each truth. Frame i depends on (seed, i) alone.

    Raises Refused where basicsr isn't installed.
    """
    if compat.MISSING:
        raise Refused(f"The synthetic degradation can't be used: {compat.MISSING}. Use another degradation.")
    functions = compat.degradations()
    for at, frame in enumerate(frames):
        with _seeded(seed, at):
            degraded = _Chain(functions, np.random.default_rng((seed, at))).degraded(frame, width, height)
        yield degraded


class _Chain:
    """The degradation of one frame, by basicsr's ``functions`` and the numbers of ``random``."""

    def __init__(self, functions: Any, random: np.random.Generator) -> None:
        self._functions = functions
        self._random = random

    def degraded(self, frame: Pixels, width: int, height: int) -> Pixels:
        picture = self._stage(_as_floats(frame), FIRST, frame.shape[1], frame.shape[0])
        picture = _as_floats(through_jpeg(_as_pixels(picture), self._quality()))
        picture = self._stage(picture, SECOND, width, height)
        compress_last = self._happens(0.5)
        if not compress_last:
            picture = _as_floats(through_jpeg(_as_pixels(picture), self._quality()))
        picture = self._resized(picture, width, height)
        if self._happens(LAST_SINC_SHARE):
            picture = _filtered(picture, self._sinc(self._side(), math.pi / 3))
        done = _as_pixels(picture)
        return through_jpeg(done, self._quality()) if compress_last else done

    def _stage(self, picture: Picture, stage: Stage, width: int, height: int) -> Picture:
        """Blur, resize to a random multiple of ``width`` by ``height``, and add noise."""
        if self._happens(stage.blur_share):
            picture = _filtered(picture, self._kernel(stage))
        lowest, highest = stage.resize
        spans = (1.0, highest), (lowest, 1.0), (1.0, 1.0)
        factor = self._random.uniform(*spans[self._random.choice(3, p=stage.up_down_keep)])
        picture = self._resized(picture, int(width * factor), int(height * factor))
        if self._happens(GAUSSIAN_SHARE):
            noisy = self._functions.random_add_gaussian_noise(picture, stage.noise, GRAY_SHARE)
        else:
            noisy = self._functions.random_add_poisson_noise(picture, stage.poisson, GRAY_SHARE)
        return np.asarray(noisy, np.float32)

    def _kernel(self, stage: Stage) -> Kernel:
        side = self._side()
        if self._happens(SINC_SHARE):
            return self._sinc(side, math.pi / 3 if side < 13 else math.pi / 5)
        sigma, angles = list(stage.sigma), [-math.pi, math.pi]
        kernel = self._functions.random_mixed_kernels(
            KERNEL_KINDS, KERNEL_SHARES, side, sigma, sigma, angles, GENERALIZED_BETA, PLATEAU_BETA
        )
        return np.asarray(kernel, np.float32)

    def _sinc(self, side: int, lowest_cutoff: float) -> Kernel:
        cutoff = self._random.uniform(lowest_cutoff, math.pi)
        return np.asarray(self._functions.circular_lowpass_kernel(cutoff, side), np.float32)

    def _resized(self, picture: Picture, width: int, height: int) -> Picture:
        resizer = int(self._random.choice(RESIZERS))
        return np.asarray(cv2.resize(picture, (width, height), interpolation=resizer), np.float32)

    def _side(self) -> int:
        return int(self._random.choice(KERNEL_SIDES))

    def _quality(self) -> tuple[int]:
        return (int(self._random.integers(JPEG[0], JPEG[1] + 1)),)

    def _happens(self, share: float) -> bool:
        return bool(self._random.random() < share)


def _filtered(picture: Picture, kernel: Kernel) -> Picture:
    return np.asarray(cv2.filter2D(picture, -1, kernel, borderType=cv2.BORDER_REFLECT_101), np.float32)


def _as_floats(frame: Pixels) -> Picture:
    return np.asarray(frame, np.float32) / np.float32(255)


def _as_pixels(picture: Picture) -> Pixels:
    return np.clip(np.rint(picture * 255), 0, 255).astype(np.uint8)


@contextlib.contextmanager
def _seeded(seed: int, number: int) -> Iterator[None]:
    """Seed the global generators, which basicsr draws from, and restore them afterwards."""
    python, numpy = random.getstate(), np.random.get_state()
    drawn = np.random.SeedSequence((seed, number)).generate_state(2)
    random.seed(int(drawn[0]))
    np.random.seed(int(drawn[1]))
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
