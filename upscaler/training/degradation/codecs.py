"""The encoders of 2001 to 2008, at the settings of the time."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from upscaler.pipeline.core.errors import Refused
from upscaler.training.core.degradation import Encoding

MPEG1_RATES = tuple(map(Fraction, (5, 10, 12, 15, 24, 25, 30, 50, 60)))
"""Frames per second that FFmpeg writes into MPEG-1 and MPEG-2; those below 24 were never standard, but were made."""

X264_OF_2006 = "aq-mode=0:mbtree=0:psy=0:weightp=0:rc-lookahead=0:ref=1:subme=5:me=hex:trellis=0"
"""x264 before adaptive quantisation (2008), psychovisual optimisation (2008), macroblock trees and weighted prediction
(2009), in the baseline profile that iPods, phones and Flash could play."""


@dataclass(frozen=True)
class Codec:
    """One encoder of the pinned FFmpeg, and the container that its clips came in."""

    encoder: str
    container: str
    """FFmpeg's name of the container."""
    options: tuple[str, ...] = ()
    rates: tuple[Fraction, ...] = ()
    """The frame rates that it takes; empty for all."""
    tells_quantisers: bool = False
    """Whether decoders export the quantiser of each macroblock."""
    quantiser_option: str = "-q:v"
    quantisers: tuple[int, int] = (2, 31)
    """Lowest and highest constant quantiser, in its own units."""
    pixel_format: str = "yuv420p"
    max_b_frames: int = 0
    loses_b_frames: bool = False
    """Whether one or two of the last three frames of a clip with B-frames are lost, as FFmpeg's libxvid loses them."""
    is_held_out: bool = False
    """For checks on codecs that models were not trained on; no era draws it."""

    def nearest_rate(self, rate: Fraction) -> Fraction:
        """Return the allowed frame rate that is nearest to ``rate``, in frames per second."""
        return min(self.rates, key=lambda allowed: abs(allowed - rate)) if self.rates else rate


CODECS: dict[str, Codec] = {
    "xvid": Codec("libxvid", "avi", ("-me_quality", "5"), tells_quantisers=True, max_b_frames=2, loses_b_frames=True),
    "mpeg4": Codec("mpeg4", "avi", ("-vtag", "DX50"), tells_quantisers=True, max_b_frames=2),
    "divx3": Codec("msmpeg4", "avi", tells_quantisers=True),
    "wmv1": Codec("wmv1", "asf", tells_quantisers=True),
    "wmv2": Codec("wmv2", "asf", tells_quantisers=True),
    "spark": Codec("flv", "flv", tells_quantisers=True),
    "mpeg1": Codec("mpeg1video", "mpeg", ("-strict", "unofficial"), MPEG1_RATES, tells_quantisers=True, max_b_frames=2),
    "mpeg2": Codec("mpeg2video", "mpeg", ("-strict", "unofficial"), MPEG1_RATES, tells_quantisers=True, max_b_frames=2),
    "h264": Codec(
        "libx264",
        "mp4",
        ("-profile:v", "baseline", "-x264-params", X264_OF_2006),
        quantiser_option="-qp",
        quantisers=(1, 51),
    ),
    "svq1": Codec("svq1", "mov", pixel_format="yuv410p", is_held_out=True),
    "theora": Codec("libtheora", "ogg", quantisers=(0, 10), is_held_out=True),
}
"""Every codec that a degradation may name. Theora's quantiser is a quality: 10 is its best."""


def codec_named(name: str) -> Codec:
    """Return a codec of the table. Raises Refused, with the names that there are."""
    if name not in CODECS:
        raise Refused(f"There is no codec {name}. Use one of {', '.join(CODECS)}.")
    return CODECS[name]


def arguments(encoding: Encoding, rate: Fraction) -> list[str]:
    """Return FFmpeg's options for one pass of an encoder.

    ``rate`` is the clip's, in frames per second. A codec that doesn't take it is told its nearest one, and the bit rate
    is scaled so that each frame gets the same bits. Raises Refused for a codec, a quantiser or B-frames that don't
    exist, and where the encoding has not exactly one of bit rate and quantiser.
    """
    codec = codec_named(encoding.codec)
    _check(encoding, codec)
    words = ["-c:v", codec.encoder, "-pix_fmt", codec.pixel_format, "-threads", "1", "-g", str(encoding.gop)]
    if codec.max_b_frames:
        words += ["-bf", str(encoding.b_frames)]
    if encoding.kbps is not None:
        words += ["-b:v", str(round(encoding.kbps * 1000 * codec.nearest_rate(rate) / rate))]
    else:
        words += [codec.quantiser_option, str(encoding.quantiser)]
    return [*words, *codec.options, "-flags", "+bitexact", "-fflags", "+bitexact", "-f", codec.container]


def _check(encoding: Encoding, codec: Codec) -> None:
    if (encoding.kbps is None) == (encoding.quantiser is None):
        raise Refused(f"An encoding with {encoding.codec} needs either a bit rate or a quantiser.")
    lowest, highest = codec.quantisers
    if encoding.quantiser is not None and not lowest <= encoding.quantiser <= highest:
        raise Refused(f"The quantiser of {encoding.codec} must be {lowest} to {highest}.")
    if not 0 <= encoding.b_frames <= codec.max_b_frames:
        raise Refused(f"{encoding.codec} can have 0 to {codec.max_b_frames} B-frames between two others.")
