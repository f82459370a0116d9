"""What a network is made of. Imports no torch, so that pages can use it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from upscaler.pipeline.core.errors import Refused

SCALE = 4
MIN_FEATURES, MAX_FEATURES = 4, 256
MAX_BLOCKS = 64
GROWTH = 32
"""Outputs of each of the first four convolutions in a dense block of RRDBNet."""


class Architecture(StrEnum):
    COMPACT = "compact"
    RRDB = "rrdb"


@dataclass(frozen=True)
class NetworkSpec:
    """``blocks`` counts Compact's inner convolutions or RRDBNet's blocks. All networks enlarge 4 times.

    With ``quantiser_plane``, a Compact also sees the quantiser that the codec used at each pixel.
    """

    architecture: Architecture = Architecture.COMPACT
    features: int = 64
    blocks: int = 16
    quantiser_plane: bool = False

    def __post_init__(self) -> None:
        if not MIN_FEATURES <= self.features <= MAX_FEATURES or not 1 <= self.blocks <= MAX_BLOCKS:
            raise Refused(
                f"A network has {MIN_FEATURES} to {MAX_FEATURES} features and 1 to {MAX_BLOCKS} blocks, "
                f"not {self.features} and {self.blocks}."
            )
        if self.quantiser_plane and self.architecture is not Architecture.COMPACT:
            raise Refused("Only Compact networks can use quantisers. Turn the quantisers off, or choose Compact.")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> NetworkSpec:
        return cls(**data | {"architecture": Architecture(data["architecture"])})

    @property
    def title(self) -> str:
        """Its name in sentences, such as "Compact 64x16"."""
        name = "Compact" if self.architecture is Architecture.COMPACT else "RRDBNet"
        return f"{name} {self.features}x{self.blocks}{' with quantisers' if self.quantiser_plane else ''}"


def work_per_pixel(spec: NetworkSpec) -> int:
    """Return the multiplications for one low-resolution pixel, to compare networks."""
    features, blocks = spec.features, spec.blocks
    if spec.architecture is Architecture.COMPACT:
        inputs = 4 if spec.quantiser_plane else 3
        return 9 * (inputs * features + blocks * features**2 + 3 * SCALE**2 * features)
    block = 3 * sum((features + i * GROWTH) * (features if i == 4 else GROWTH) for i in range(5))
    enlarging = (4 + 16 + 16) * features**2 + 16 * 3 * features
    return 9 * (3 * features + blocks * block + features**2 + enlarging)
