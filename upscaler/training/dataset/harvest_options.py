"""How frames are harvested, and the live counts of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from .frame import Reason


@dataclass(frozen=True)
class HarvestOptions:
    """Which frames are kept. Stored with the dataset."""

    burst_frames: int = 120
    """Frames of a burst at most. Encoders start at another quality than they go on with, so short bursts teach it."""
    min_burst_frames: int = 30
    max_frames: int = 0
    """Frames to keep of a capture, spread over its length; 0 for no limit."""
    still_window: int = 5
    """Of so many frames of a capture of stills, the sharpest is kept."""
    min_distance: int = 8
    """Bits of 64 in which the perceptual hashes of two stills, or of the middle frames of two bursts, differ."""
    leave_out_black: bool = True
    leave_out_static: bool = True
    """Leave out what nothing moves in for a second: menus, loading screens, pauses."""
    keep_all: bool = False
    """Keep every frame that can be read, as a still: for pictures that somebody has chosen."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> HarvestOptions:
        return cls(**data)


@dataclass(frozen=True)
class HarvestCounts:
    """The state of a harvest: frames seen of ``total``, kept, and left out by reason."""

    seen: int
    total: int
    kept: int = 0
    bursts: int = 0
    """Bursts so far; a still is a burst of one."""
    left_out: Mapping[Reason, int] = field(default_factory=dict)


CountsCallback = Callable[[HarvestCounts], None]
"""Called about twice a second. An exception in it cancels the harvest."""
