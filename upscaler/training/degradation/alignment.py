"""Check that each frame of a twin shows the truth that it claims."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.errors import PipelineError
from upscaler.training.core.twin import Pixels

from .spool import Frames

MAX_LEAD = 1.0
"""Decibels by which a neighbour may fit better: a codec repeats blocks that barely move, so that slow motion shows a
mix of frames. A frame that is out of place in motion is 4 to 20 dB worse than its neighbour."""
MIN_CHANGE = 1.0
"""Mean squared difference of two truths, of 255 squared: below, neighbours are too alike to be told apart."""


def check_alignment(low: Frames, shown: Sequence[int], truths: Frames) -> None:
    """Compare each low-resolution frame with the truth that it shows, and with those before and after.

    ``shown`` has the number of the truth of each frame; ``truths`` are those that the clip was made of, without the
    skipped ones. Raises PipelineError if a neighbour fits better than the claimed truth by more than a decibel in one
    frame, or on average over all frames whose neighbours differ.
    """
    height, width = low.shape[1:3]
    seen: dict[int, NDArray[np.uint8]] = {}

    def small(number: int) -> NDArray[np.uint8]:
        if number not in seen:
            seen[number] = _luma(cv2.resize(truths[number], (width, height), interpolation=cv2.INTER_AREA))
        return seen[number]

    leads = []
    for at, (frame, number) in enumerate(zip(low, shown, strict=True)):
        picture = _luma(np.ascontiguousarray(frame[..., :3]))
        for neighbour in (number - 1, number + 1):
            if not 0 <= neighbour < len(truths) or _error(small(number), small(neighbour)) < MIN_CHANGE:
                continue
            errors = _error(picture, small(number)), _error(picture, small(neighbour))
            leads.append(10 * np.log10(max(errors[0], 1e-3) / max(errors[1], 1e-3)))
            if leads[-1] > MAX_LEAD:
                raise _misaligned(f"Frame {at} shows frame {neighbour} of the capture instead of frame {number}.")
        for old in [old for old in seen if abs(old - number) > 1]:
            del seen[old]
    if leads and np.mean(leads) > 0:
        raise _misaligned("Its frames fit their neighbours in the capture better than the frames that they show.")


def _misaligned(what: str) -> PipelineError:
    return PipelineError(
        f"A low-resolution clip isn't aligned with its capture. {what} Leave out this degradation.", permanent=True
    )


def _luma(picture: Pixels | NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def _error(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Return the mean squared difference."""
    return float(cv2.norm(one, other, cv2.NORM_L2SQR)) / one.size
