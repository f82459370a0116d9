"""Whether a capture is fit as truth: what speaks against it, as sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from upscaler.pipeline.core.facts import Facts
from upscaler.training.core.twin import Pixels

from .grid import blocking, repeated_pixels
from .spectrum import BINS, spectrum

FINE_SHARE = 0.006
"""Share of the luma's power above half of Nyquist's frequency. Ten captures of a game have 0.0127 to 0.034. Enlarged
by Lanczos from three quarters of their size they have 0.0046 to 0.0062, from two thirds or less at most 0.0036; after
realesr-animevideov3, from a quarter, 0.0015 to 0.0049."""
ENOUGH_TILES = 6
REPEATED_SHARE = 0.3
"""Ten captures have at least 0.78, after codecs 0.49; their nearest-neighbour enlargements 0.0."""
BLOCK_STEP, BLOCK_RATIO = 0.8, 1.5
"""Ten captures in H.264 have at most 0.6 of 255 and 1.33; MPEG-4 at quantiser 5 about 1.4
and 1.6, at 10 2.1 and 2.0."""
LEAST_BITS = {"h264": 0.05, "hevc": 0.03, "vp9": 0.03, "av1": 0.025, "mjpeg": 0.4, "mpeg4": 0.2, "mpeg2video": 0.2}
"""Bits per pixel below which detail is lost. x264 falls below at CRF 26 in a dark capture, at 33 in two others; the
numbers of the other codecs are estimates."""
LEAST_BITS_OF_OTHERS = 0.1
LEAST_JPEG_QUALITY = 85
REPEATS_SHARE = Fraction(1, 10)
SHAPE_TOLERANCE = 0.01


@dataclass(frozen=True)
class Quality:
    """What was measured on sampled frames."""

    fine_share: float | None
    """Share of the luma's power above half of Nyquist's frequency; None where the frames have too little contrast."""
    repeated: float
    """See ``repeated_pixels``."""
    block_step: float
    block_ratio: float


def measure(frames: Sequence[Pixels]) -> Quality:
    """Measure whole frames, (h, w, 3) RGB: ten or so of different moments."""
    measured = spectrum(frames)
    step, ratio = blocking(frames)
    return Quality(
        fine_share=float(measured.power[BINS // 2 :].sum()) if measured.tiles >= ENOUGH_TILES else None,
        repeated=repeated_pixels(frames),
        block_step=step,
        block_ratio=ratio,
    )


def picture_warnings(quality: Quality, width: int, height: int) -> Iterator[str]:
    """Yield a sentence for each reason why the frames aren't fit as truth."""
    if quality.repeated < REPEATED_SHARE:
        yield (
            "Its pixels are repeated: it is enlarged from a smaller size. Capture again at "
            f"{width}x{height}, or add the video at its own size."
        )
    elif quality.fine_share is not None and quality.fine_share < FINE_SHARE:
        yield (
            f"Only {100 * quality.fine_share:.2g}% of its contrast is finer than 4 pixels; captures at full size have "
            "1% or more. It is an upscale itself, or blurred: a model trained on it learns blur."
        )
    if quality.block_step > BLOCK_STEP and quality.block_ratio > BLOCK_RATIO:
        yield (
            f"The blocks of its codec are visible: steps at their edges are {quality.block_ratio:.1f} times those "
            "within. A model trained on it learns them. Capture at a higher bit rate."
        )


def video_warnings(facts: Facts, size_in_bytes: int) -> Iterator[str]:
    """Yield a sentence for each reason in the measurements of a video."""
    pixels = facts.decoded_frames * facts.width * facts.height
    bits, least = 8 * size_in_bytes / max(1, pixels), LEAST_BITS.get(facts.codec, LEAST_BITS_OF_OTHERS)
    if bits < least:
        yield (
            f"Its bit rate is low for a truth: {bits:.2g} bits per pixel, where {facts.codec} needs {least:g} or more. "
            "Capture at a higher bit rate."
        )
    if facts.is_wide:
        yield "It is HDR or has wide colours, which old clips don't have. Capture in SDR (BT.709)."
    if facts.timing != "constant":
        yield "Its frame rate varies, so motion in it is uneven. Capture at a constant frame rate."
    if facts.is_interlaced:
        yield "It is interlaced. Capture progressive frames."
    if facts.decoded_frames and Fraction(facts.duplicates, facts.decoded_frames) > REPEATS_SHARE:
        yield (
            f"{100 * facts.duplicates / facts.decoded_frames:.0f}% of its frames repeat the one before them. "
            "Capture at the game's frame rate."
        )
    if facts.border:
        yield "It has black borders. Capture the game's picture alone."
    if facts.sar != 1:
        yield "Its pixels aren't square, so it is stretched when it is shown. Capture in square pixels."
    if facts.decode_errors:
        yield "Parts of it are damaged: the decoder reports errors. Copy it again from where it was captured."


def target_warning(width: int, height: int, target: tuple[int, int] | None) -> str:
    """Return a sentence where size or shape aren't the target's, else an empty one."""
    if target is None or (width, height) == target:
        return ""
    if abs(width / height / (target[0] / target[1]) - 1) > SHAPE_TOLERANCE:
        return f"It is {width}x{height}, another shape than the dataset's {target[0]}x{target[1]}."
    return f"It is {width}x{height}; the dataset's size is {target[0]}x{target[1]}."


def jpeg_warning(qualities: Sequence[int]) -> str:
    """Return a sentence where JPEG pictures of a low quality are the rule. ``qualities`` is 0 for other formats."""
    known = sorted(quality for quality in qualities if quality)
    if not known or 2 * len(known) < len(qualities) or known[len(known) // 2] >= LEAST_JPEG_QUALITY:
        return ""
    return (
        f"Its pictures are JPEG of quality {known[len(known) // 2]}; a truth needs {LEAST_JPEG_QUALITY} or more. "
        "Use PNG, or JPEG of quality 95."
    )
