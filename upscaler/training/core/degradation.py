"""One degradation: everything that decides how a truth becomes an old clip. Stored as JSON in recipes and shards."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Encoding:
    """One pass of an encoder.

    ``codec`` is a name in ``degradation.codecs.CODECS``. Either ``kbps`` (average bit rate in kbit/s) or
    ``quantiser`` (constant, in the codec's own units) is set. ``gop`` is the distance of key frames, in frames.
    """

    codec: str
    kbps: int | None
    quantiser: int | None
    gop: int
    b_frames: int = 0


@dataclass(frozen=True)
class CaptureCard:
    """What an analogue capture card did, before the encoder. Neutral values do nothing."""

    noise: float = 0.0
    """Standard deviation of luma noise, of 255."""
    interlaced: bool = False
    blend_fields: bool = False
    chroma_blur: float = 0.0
    """Horizontal sigma of the chroma, in pixels of the low-resolution frame."""
    chroma_delay: float = 0.0
    """Shift of the chroma to the right, in pixels."""
    sharpen: float = 0.0
    """Strength of the horizontal edge enhancement: 1 doubles the contrast of edges."""
    gamma: float = 1.0
    black: float = 0.0
    """Error of the black level, of 255."""


@dataclass(frozen=True)
class Degradation:
    """How frames of ``4 * width`` by ``4 * height`` become a clip of ``width`` by ``height``.

    ``keep_every`` is 1 for the capture's rate, 2 for every second frame; with ``repeat`` each kept frame is shown
    ``keep_every`` times, as in clips of 15 frames per second in a file of 30. ``encodings`` is empty for a clean clip.
    """

    width: int
    height: int
    kernel: str
    """A name in ``degradation.scaling.KERNELS``, or ``degradation.second_order.NAME`` for that whole chain."""
    blur: float
    """Sigma of a Gaussian blur before the downscaling, in pixels of the low-resolution frame."""
    keep_every: int = 1
    repeat: bool = False
    capture_card: CaptureCard | None = None
    overlay: str = ""
    """Text that is drawn before the encoder, such as a site's name."""
    encodings: tuple[Encoding, ...] = ()
    jpeg: tuple[int, ...] = ()
    """Qualities of successive JPEG passes, for synthetic degradation without a codec."""
    seed: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Degradation:
        card = data["capture_card"]
        return cls(
            **data
            | {
                "capture_card": CaptureCard(**card) if card else None,
                "encodings": tuple(Encoding(**one) for one in data["encodings"]),
                "jpeg": tuple(data["jpeg"]),
            }
        )
