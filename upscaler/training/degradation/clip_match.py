"""Match a clip: measure a real old clip, and make twins that are like it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.limits import Limits
from upscaler.training.core.degradation import Degradation
from upscaler.training.core.twin import Pixels

from .clip_traits import ClipTraits, measure_clip
from .eras import BASE_AREA, EraRecipe
from .quantisers import QUANTISER_OF
from .sharpness import fine_detail
from .spool import Frames
from .truth_sizes import truths_for
from .twins import low_frames

FIT_FRAMES = 150
"""Frames of a capture on which a degradation is fitted. Quantisers follow the motion: those of a part of a clip are not
those of the whole."""
TRIES = 6
MAX_QUANTISER_ERROR, MAX_DETAIL_ERROR = 0.5, 0.03
"""Where the search ends. Content alone changes the detail by 0.04."""
DETAIL_OF_BLUR = ((0.0, 0.88), (0.3, 0.70), (0.5, 0.57), (0.7, 0.49), (0.9, 0.46))
"""``fine_detail`` of captures that were scaled by area after a blur of each sigma, then encoded with Xvid at quantiser
10: the mean of four maps. The search starts from it."""
MIN_NOISE = 1.0
"""Weaker noise is the codec's own, or texture."""
HALF = 0.4
"""A clip of which a larger share repeats shows each frame twice."""


def match(source: Path, limits: Limits) -> ClipTraits:
    """Measure an old clip. Raises as ``clip_traits.measure_clip`` does."""
    return measure_clip(source, limits)


def recipe_like(traits: ClipTraits) -> EraRecipe:
    """Return a recipe whose twins have the codec, size, rate, key frames and bit rate of a clip, and about its blur.

    ``fit`` then adjusts a drawn degradation to the quantisers and the sharpness.
    """
    blur = _blur_of(traits.fine_detail)
    is_repeated = traits.repeated_share > HALF
    return EraRecipe(
        name=f"like a {traits.codec} clip of {traits.width}x{traits.height}",
        codecs=((traits.codec, 1.0),),
        kbps=(max(1, round(traits.kbps * BASE_AREA / (traits.width * traits.height))),),
        sizes=((traits.height, 1.0),),
        width=traits.width,
        rates=((max(1, round(traits.rate)), 1.0),),
        repeated_share=float(is_repeated),
        kernels=(("area", 1.0),),
        blurred_share=float(blur > 0),
        blur=(blur, blur),
        gops=(max(1, traits.gop),),
        b_frames_share=float(traits.has_b_frames),
        twice_share=0.0,
        capture_card_share=0.0,
        overlay_share=0.0,
        clean_share=0.0,
        noise=round(traits.noise, 2) if traits.noise > MIN_NOISE else 0.0,
    )


def _blur_of(detail: float) -> float:
    """Return the sigma of the blur after which frames have this ``fine_detail``, in pixels."""
    blurs, details = zip(*reversed(DETAIL_OF_BLUR), strict=True)
    return round(float(np.interp(detail, details, blurs)), 3)


@dataclass(frozen=True)
class Likeness:
    """A fitted degradation, and what its twin measured."""

    degradation: Degradation
    quantiser: float | None
    """Mean over the twin's frames; None where the codec doesn't tell."""
    fine_detail: float


def fit(
    truths: Iterable[Pixels],
    rate: Fraction,
    degradation: Degradation,
    traits: ClipTraits,
    scratch: Path,
    limits: Limits,
) -> Likeness:
    """Adjust the bit rate and the blur until the twin's mean quantiser and sharpness are those of the clip.

    ``degradation`` is drawn from ``recipe_like(traits)``. Up to six twins of the first 150 truths are
    made, and the one that is most like the clip is returned. Where the codec doesn't tell its quantisers, the bit rate
    stays the clip's. Raises as ``twins.degrade`` does, and Refused for a degradation without an encoder.
    """
    if not degradation.encodings:
        raise Refused("A degradation without an encoder can't be fitted to a clip. Draw one from its own recipe.")
    with tempfile.TemporaryDirectory(prefix="fit-", dir=scratch) as name:
        folder = Path(name)
        size = degradation.width, degradation.height
        scaled = truths_for(islice(truths, FIT_FRAMES), (size,), folder, limits)[size]
        best = tried = _try(scaled, rate, degradation, folder, limits)
        for _ in range(TRIES - 1):
            if _distance(best, traits) <= 1:
                break
            tried = _try(scaled, rate, _adjusted(tried, traits), folder, limits)
            best = min(best, tried, key=lambda one: _distance(one, traits))
    return best


def _try(truths: Frames, rate: Fraction, degradation: Degradation, folder: Path, limits: Limits) -> Likeness:
    low, _ = low_frames(truths, rate, degradation, folder, limits)
    tells = low.shape[3] > 3
    details = [fine_detail(_luma(frame)) for frame in low[:: max(1, len(low) // 12)]]
    quantiser = float(QUANTISER_OF[low[..., 3]].mean()) if tells else None
    return Likeness(degradation, quantiser, float(np.mean(details)))


def _luma(frame: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(frame[..., :3]), cv2.COLOR_RGB2GRAY), np.uint8)


def _distance(likeness: Likeness, traits: ClipTraits) -> float:
    """Return how far a twin is from the clip; up to 1 is near enough."""
    wrong_detail = abs(likeness.fine_detail - traits.fine_detail) / MAX_DETAIL_ERROR
    if likeness.quantiser is None or traits.quantiser is None:
        return wrong_detail
    return max(wrong_detail, abs(likeness.quantiser - traits.quantiser) / MAX_QUANTISER_ERROR)


def _adjusted(likeness: Likeness, traits: ClipTraits) -> Degradation:
    """Return the next degradation to try: the quantiser is about inverse to the bit rate."""
    degradation = likeness.degradation
    blur = degradation.blur + _blur_of(traits.fine_detail) - _blur_of(likeness.fine_detail)
    *others, last = degradation.encodings
    if likeness.quantiser and traits.quantiser and last.kbps:
        last = replace(last, kbps=max(8, round(last.kbps * likeness.quantiser / traits.quantiser)))
    return replace(degradation, blur=round(min(max(blur, 0.0), 1.2), 3), encodings=(*others, last))
