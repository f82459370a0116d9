"""Reduce flicker: a network renders the same content differently from one picture to the next.

Each pixel is averaged with those of neighbouring pictures, but only where the source didn't change between the
two, so that moving content doesn't ghost. The window is symmetric and made
of pictures, not of frames, so that a clip that shows each picture twice is helped as much as any.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.frame import Frame
from upscaler.pipeline.render.pictures import Picture

STILL, MOVED = 3, 9
"""Of 255: a change of the source up to the first is an old codec's noise, from the second on it is motion."""

GUARD = 3
"""Source pixels around motion that aren't averaged either: a network's output depends on neighbouring pixels."""

SOFTENING = 2
"""Source pixels over which the average fades in. Less than GUARD, so that nothing fades in where it moves."""

FULL = 255
"""The weight of a picture's own pixels, and of a neighbour's where nothing moves."""

Weights = NDArray[np.uint8]
"""(height, width), 0 to FULL."""

_WEIGHT_OF_CHANGE: Weights = np.rint(np.interp(np.arange(256), (STILL, MOVED), (FULL, 0))).astype(np.uint8)


def deflickered(pictures: Iterator[Picture], radius: int, shown: range) -> Iterator[Picture]:
    """Yield the pictures numbered ``shown``, each averaged with ``radius`` neighbours to both sides.

    At both ends of the input there are fewer. Holds 2 * radius + 1 pictures.
    """
    window: deque[Picture] = deque(maxlen=2 * radius + 1)
    waiting: deque[Picture] = deque()

    def next_picture() -> Iterator[Picture]:
        centre = waiting.popleft()
        if centre.number in shown:
            near = (picture for picture in window if 0 < abs(picture.number - centre.number) <= radius)
            yield replace(centre, after=averaged(centre, near))

    for picture in pictures:
        window.append(picture)
        waiting.append(picture)
        if len(waiting) > radius:
            yield from next_picture()
    while waiting:
        yield from next_picture()


def averaged(centre: Picture, neighbours: Iterable[Picture]) -> Frame:
    """Return the centre's pixels, averaged with those of each neighbour where the source did not change."""
    total = centre.after.astype(np.float32)
    total *= FULL
    weight = np.full_like(total, FULL)
    for neighbour in neighbours:
        still = stillness(centre.before, neighbour.before)
        if still.any():
            large = cv2.resize(still, centre.after.shape[1::-1], interpolation=cv2.INTER_LINEAR)
            each = cv2.merge((large, large, large))
            cv2.accumulateProduct(neighbour.after, each, total)
            cv2.accumulate(each, weight)
    return np.asarray(cv2.divide(total, weight, dtype=cv2.CV_8U), np.uint8)


def stillness(first: Frame, second: Frame) -> Weights:
    """Return how still the source is between two of its pictures, at its own size: 0 near motion, FULL without."""
    change = cv2.absdiff(first, second)
    largest = cv2.max(cv2.max(change[..., 0], change[..., 1]), change[..., 2])
    still = cv2.erode(cv2.LUT(largest, _WEIGHT_OF_CHANGE), np.ones((2 * GUARD + 1,) * 2, np.uint8))
    return np.asarray(cv2.blur(still, (2 * SOFTENING + 1,) * 2), np.uint8)
