"""Low-resolution frames to real clips by the pinned FFmpeg, once or several times, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

from upscaler.pipeline.core.limits import Limits
from upscaler.training.core import pinned_ffmpeg
from upscaler.training.core.degradation import Encoding
from upscaler.training.core.twin import Pixels

from .codecs import arguments, codec_named
from .quantisers import FILTERS, SIDE_DATA
from .scaling import OLD_TO_RGB, RGB_TO_OLD, raw
from .spool import Frames, mapped

ONE_THREAD = ("-threads", "1", "-filter_threads", "1", "-filter_complex_threads", "1")
"""The bits of an encoder depend on its threads, and other work fills the other cores."""


def encode(
    frames: Iterable[Pixels],
    size: tuple[int, int],
    rate: Fraction,
    encodings: Sequence[Encoding],
    folder: Path,
    limits: Limits,
) -> tuple[Path, range]:
    """Encode RGB frames of ``size`` (width, height), then encode that clip again for each further encoding.

    Return the last clip and the numbers of frames that may come out of it. Raises Refused as ``codecs.arguments``
    does, and PipelineError where FFmpeg fails.
    """
    first, *others = encodings
    clip = folder / f"first.{codec_named(first.codec).container}"
    told = codec_named(first.codec).nearest_rate(rate)
    words: list[str | Path] = [
        *ONE_THREAD,
        *raw(*size, rate=str(told)),
        "-vf",
        RGB_TO_OLD,
        *arguments(first, rate),
        clip,
    ]
    count = pinned_ffmpeg.feed(words, frames, limits=limits, label="The encoder")
    for number, encoding in enumerate(others):
        source, clip = clip, folder / f"again-{number}.{codec_named(encoding.codec).container}"
        pinned_ffmpeg.transcode(_again(source, encoding, rate, clip), limits=limits, label="The encoder")
    lost = sum(encoding.b_frames for encoding in encodings if codec_named(encoding.codec).loses_b_frames)
    return clip, range(count - lost, count + 1)


def _again(source: Path, encoding: Encoding, rate: Fraction, clip: Path) -> list[str | Path]:
    told = codec_named(encoding.codec).nearest_rate(rate)
    clock = f"settb={told.denominator}/{told.numerator},setpts=N,fps={told}"
    return [*ONE_THREAD, "-i", source, "-map", "0:v", "-vf", clock, *arguments(encoding, rate), clip]


def decode(
    clip: Path, size: tuple[int, int], counts: range, to: Path, limits: Limits, *, has_quantisers: bool
) -> Frames:
    """Decode a clip of BT.601 colours in TV range and return its frames, mapped from the file ``to``.

    They are (count, height, width, 3), RGB; with ``has_quantisers`` a fourth channel holds codecview's levels, which
    ``quantisers.QUANTISER_OF`` turns into quantisers. Raises PipelineError where their number isn't in ``counts``.
    """
    words: list[str | Path] = [*ONE_THREAD, "-export_side_data", SIDE_DATA, "-i", clip]
    graph = _with_quantisers(*size) if has_quantisers else f"[0:v]setpts=N,{OLD_TO_RGB},format=rgb24"
    words += ["-filter_complex", graph, "-fps_mode", "passthrough", "-f", "rawvideo", to]
    pinned_ffmpeg.transcode(words, limits=limits, label="The decoder")
    return mapped(to, *size, 4 if has_quantisers else 3, counts)


def _with_quantisers(width: int, height: int) -> str:
    """Return a graph that gives RGB pictures the levels of their quantisers in place of opacity.

    Doubling and cropping is exact for odd sizes, too.
    """
    exported = ",".join(
        f"{step.name}={':'.join(f'{name}={value}' for name, value in step.options)}" for step in FILTERS
    )
    return (
        f"[0:v]setpts=N,split[picture][table];[picture]{OLD_TO_RGB},format=rgba[rgb];"
        f"[table]{exported},scale=2*iw:2*ih:flags=neighbor,crop={width}:{height}:0:0[levels];"
        "[rgb][levels]alphamerge,format=rgba"
    )
