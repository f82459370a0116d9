"""What the person wants. Frozen into a job when it is made."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

PRECISIONS = ("auto", "fp32", "bf16", "fp16")
HEIGHTS = (480, 720, 960, 1080, 1440, 2160)


@dataclass(frozen=True)
class Recipe:
    """Everything that a person chooses about one run."""

    preset: str = "h264"
    height: int | None = None
    """Height of the result in pixels; None keeps the network's own size."""
    precision: str = "auto"
    trim: tuple[int, int] | None = None
    """Half-open range of frames [start, end); None is the whole clip."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Recipe:
        trim = data.get("trim")
        return cls(
            preset=data["preset"],
            height=data["height"],
            precision=data["precision"],
            trim=(trim[0], trim[1]) if trim else None,
        )
