"""One frame of a capture, as it was measured, and whether it is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

NO_BURST = -1
"""Stands for the burst of a frame that was left out."""


class Reason(StrEnum):
    """Why a frame is left out."""

    NONE = ""
    BLACK = "black"
    STATIC = "static"
    BLURRED = "blurred"
    SOFTER = "softer"
    DUPLICATE = "duplicate"
    REPEATED = "repeated"
    SHORT = "short"
    ENOUGH = "enough"
    UNREADABLE = "unreadable"


SENTENCES = {
    Reason.BLACK: "Black, or one plain colour.",
    Reason.STATIC: "Nothing moves for a second: a menu, a loading screen or a pause.",
    Reason.BLURRED: "Far less sharp than the frames before.",
    Reason.SOFTER: "A sharper frame is beside it.",
    Reason.DUPLICATE: "Looks like a frame that is kept.",
    Reason.REPEATED: "Its part of the capture repeats frames.",
    Reason.SHORT: "Its scene is too short for a burst.",
    Reason.ENOUGH: "Enough frames are kept of this part of the capture.",
    Reason.UNREADABLE: "Can't be read, or has another size than the capture.",
}


@dataclass(frozen=True)
class HarvestedFrame:
    """``number`` counts the frames of the capture from 0, and ``scene`` its scenes."""

    number: int
    burst: int
    """Number of its burst within the capture, or NO_BURST."""
    scene: int
    sharpness: float
    """Variance of the luma's Laplacian, of the reduced frame."""
    brightness: float
    """Mean luma, of 255."""
    motion: float
    """Mean length of the optical flow from the frame before, in per cent of the picture's width."""
    hash: int
    """Perceptual hash of 64 bits."""
    kept: bool
    reason: Reason = Reason.NONE
    thumbnail: bytes = field(default=b"", repr=False, compare=False)
    """A JPEG; empty where it was left in the dataset's file of thumbnails."""

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types, without the thumbnail."""
        return {
            "number": self.number,
            "burst": self.burst,
            "scene": self.scene,
            "sharpness": round(self.sharpness, 2),
            "brightness": round(self.brightness, 2),
            "motion": round(self.motion, 3),
            "hash": f"{self.hash:016x}",
            "kept": self.kept,
            "reason": self.reason.value,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> HarvestedFrame:
        return cls(**data | {"hash": int(data["hash"], 16), "reason": Reason(data["reason"])})
