"""Truths to twins: the frames of a burst as old clips of several kinds show them, each beside its truth."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from upscaler.pipeline.core.limits import Limits
from upscaler.training.core.degradation import Degradation
from upscaler.training.core.twin import UNKNOWN_QUANTISER, Pair, Pixels

from . import clip_files, second_order
from .alignment import check_alignment
from .capture_card import through_card
from .codecs import codec_named
from .overlay import draw_text
from .quantisers import QUANTISER_OF
from .scaling import scale
from .spool import Frames, spool
from .synthetic import through_jpeg
from .truth_sizes import truths_for

LEAD_IN = 30
"""Frames that are encoded before the burst and not used. Encoders start rich: at rates at which WMV, Spark and MPEG-1
settle at quantisers of 10 to 20, their first four frames have 2 to 4, the first 12 less than 10, and it takes 25 frames
to settle. The lead-in is the start of the burst, played backwards up to its first frame, so that the motion is real and
no truth is lost."""
LEAD_OUT = 6
"""Frames that are encoded behind the burst and not used. libxvid with B-frames loses up to two of the last three frames
in each pass, and decoders of MPEG-1 and MPEG-2 don't tell the last frame's quantisers."""


def degrade(
    truths: Iterable[Pixels],
    rate: Fraction,
    degradation: Degradation,
    scratch: Path,
    limits: Limits,
    *,
    first: int = 0,
) -> Iterator[Pair]:
    """Yield the pairs of one burst and one degradation, in order.

    ``truths`` are consecutive RGB frames (H, W, 3) of a capture, of one size of at least ``4 * width`` by
    ``4 * height``; larger ones are scaled down by area. ``rate`` is the capture's, in frames per second. ``scratch`` is
    a folder for temporary files. ``first`` is the number of the burst's first frame in the capture.

    Raises Refused for truths that are too small or of several sizes and for a degradation that doesn't exist, and
    PipelineError where FFmpeg fails, the disk is full, or the twin isn't aligned with its truth. All of a clip is
    checked before its first pair is yielded.
    """
    for _, pair in degrade_many(truths, rate, (degradation,), scratch, limits, first=first):
        yield pair


def degrade_many(
    truths: Iterable[Pixels],
    rate: Fraction,
    degradations: Sequence[Degradation],
    scratch: Path,
    limits: Limits,
    *,
    first: int = 0,
) -> Iterator[tuple[int, Pair]]:
    """Yield the pairs of several degradations of one burst, each with its degradation's place in the list.

    The truths are read once, and scaled once for each size. Raises as ``degrade`` does.
    """
    with tempfile.TemporaryDirectory(prefix="twins-", dir=scratch) as name:
        folder = Path(name)
        sizes = dict.fromkeys(_size(degradation) for degradation in degradations)
        scaled = truths_for(truths, sizes, folder, limits)
        for place, degradation in enumerate(degradations):
            for pair in _pairs(scaled[_size(degradation)], rate, degradation, folder, limits, first):
                yield place, pair


def _size(degradation: Degradation) -> tuple[int, int]:
    return degradation.width, degradation.height


def _pairs(
    truths: Frames, rate: Fraction, degradation: Degradation, folder: Path, limits: Limits, first: int
) -> Iterator[Pair]:
    low, shown = low_frames(truths, rate, degradation, folder, limits)
    step = degradation.keep_every
    kept = truths[::step]
    check_alignment(low, shown, kept)
    for frame, number in zip(low, shown, strict=True):
        yield Pair(
            number=first + number * step,
            low=np.array(frame[..., :3]),
            truth=draw_text(kept[number], degradation.overlay),
            quantisers=QUANTISER_OF[frame[..., 3]]
            if frame.shape[2] > 3
            else np.full(frame.shape[:2], UNKNOWN_QUANTISER, np.uint8),
        )


def low_frames(
    truths: Frames, rate: Fraction, degradation: Degradation, folder: Path, limits: Limits
) -> tuple[Frames, list[int]]:
    """Return the frames of a twin, and which of the kept truths each shows.

    Where the codec tells its quantisers, a fourth channel holds codecview's levels. Not checked for alignment.
    """
    step = degradation.keep_every
    kept = truths[::step]
    small = _small(kept, degradation, folder / "small.rgb", limits)
    frames = spool(_before_encoder(small, degradation), folder / "degraded.rgb")
    shown = [number // step for number in range(len(truths))] if degradation.repeat else list(range(len(kept)))
    if degradation.encodings:
        clip_rate = rate if degradation.repeat else rate / step
        low = _encoded(frames, shown, clip_rate, degradation, folder, limits)
    else:
        low = spool((frames[number] for number in shown), folder / "low.raw") if degradation.repeat else frames
    return low, shown


def _small(kept: Frames, degradation: Degradation, to: Path, limits: Limits) -> Frames:
    """Return the low-resolution frames as the game showed them, with the text."""
    size = _size(degradation)
    drawn = (draw_text(frame, degradation.overlay) for frame in kept)
    if degradation.kernel == second_order.NAME:
        return spool(second_order.second_order(drawn, *size, degradation.seed), to)
    source = kept.shape[2], kept.shape[1]
    return scale(drawn, to, degradation.kernel, source, size, limits, blur=degradation.blur)


def _before_encoder(small: Frames, degradation: Degradation) -> Iterator[Pixels]:
    card = degradation.capture_card
    for frame in through_card(small, card, degradation.seed) if card else small:
        yield through_jpeg(frame, degradation.jpeg) if degradation.jpeg else frame


def _encoded(
    frames: Frames, shown: list[int], rate: Fraction, degradation: Degradation, folder: Path, limits: Limits
) -> Frames:
    """Return the decoded frames between lead-in and lead-out, one for each of ``shown``."""
    last = len(shown) - 1
    order = [shown[_bounce(at, last)] for at in range(-LEAD_IN, last + 1 + LEAD_OUT)]
    encodings, size = degradation.encodings, _size(degradation)
    clip, counts = clip_files.encode((frames[at] for at in order), size, rate, encodings, folder, limits)
    tells = codec_named(encodings[-1].codec).tells_quantisers
    low = clip_files.decode(clip, size, counts, folder / "low.raw", limits, has_quantisers=tells)
    return low[LEAD_IN : LEAD_IN + len(shown)]


def _bounce(at: int, last: int) -> int:
    """Return the frame of a burst that is shown at a place before its first or behind its last one, as in a mirror."""
    if last == 0:
        return 0
    around = abs(at) % (2 * last)
    return min(around, 2 * last - around)
