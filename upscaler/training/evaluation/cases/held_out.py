"""Evaluation cases of held-out captures: what a recipe makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path

from upscaler.pipeline.core.limits import Limits
from upscaler.training.core.degradation import Degradation
from upscaler.training.core.twin import Pixels
from upscaler.training.degradation.twins import degrade
from upscaler.training.evaluation.clips import TwinCase

JPEG, CLEAN = "jpeg", "clean"
"""What twins without a codec are grouped as."""


def held_out_case(
    name: str,
    map_name: str,
    open_truths: Callable[[], Iterable[Pixels]],
    rate: Fraction,
    degradation: Degradation,
    scratch: Path,
    limits: Limits,
) -> TwinCase:
    """Return the case of one burst of a held-out capture and one degradation.

    ``open_truths`` returns the burst's frames from the first one, (H, W, 3) RGB, and ``rate`` is the capture's. The
    same arguments give the same frames each time. Iterating it raises as ``degrade`` does.
    """
    return TwinCase(
        name, codec_of(degradation), map_name, lambda: degrade(open_truths(), rate, degradation, scratch, limits)
    )


def codec_of(degradation: Degradation) -> str:
    """Return the codec that wrote the twin, which is the last where there are several."""
    if degradation.encodings:
        return degradation.encodings[-1].codec
    return JPEG if degradation.jpeg else CLEAN
