"""Captures: high-quality recordings that serve as truth."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path


class Split(StrEnum):
    """Whether a capture is trained on, or held out to evaluate models. Decided by map or capture, never by frame."""

    TRAINING = "training"
    HELD_OUT = "held-out"


class CaptureKind(StrEnum):
    VIDEO = "video"
    PICTURES = "pictures"
    """A folder of pictures, in the order of their names: each is a still."""


@dataclass(frozen=True)
class Capture:
    """One recording, as it was measured.

    ``rate`` is in frames per second, None for pictures. ``licence`` is an SPDX identifier or a sentence, "" if unknown.
    """

    id: str
    path: Path
    kind: CaptureKind
    width: int
    height: int
    rate: Fraction | None
    frames: int
    game: str = ""
    map: str = ""
    licence: str = ""
    split: Split = Split.TRAINING
    warnings: tuple[str, ...] = ()
    """Sentences about its quality as truth, such as that it is an upscale itself."""
    first_time: Fraction | None = None
    """When frame 0 begins, in seconds after the file's start, where frame n begins n / rate later and seeking to it was
    tried; None where frames have to be counted from the first one on."""


@dataclass(frozen=True)
class Burst:
    """Consecutive frames of a capture, [first, first + count). A still is a burst of one."""

    first: int
    count: int
