"""Facts and recipe, worked out. A pure function: the same input gives the same plan, always."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from .errors import Refused
from .facts import Facts
from .filters import chain
from .filters.step import Step
from .limits import Limits
from .presets import preset
from .recipe import HEIGHTS, PRECISIONS, Recipe

SEGMENT_FRAMES = 240


@dataclass(frozen=True)
class Size:
    width: int
    height: int


@dataclass(frozen=True)
class Plan:
    """Everything that rendering needs to know, and nothing that changes while it runs.

    ``frame_count`` frames leave the decoder and as many leave the encoder. A segment is a half-open
    range of their numbers.
    """

    steps: tuple[Step, ...]
    rate: Fraction
    frame_count: int
    first_frame: int
    """Number of the first frame in the untrimmed source at its base rate."""
    source: Size
    """What leaves the decoder: square pixels."""
    scale: int
    network: Size
    """What leaves the network."""
    output: Size
    preset: str
    precision: str
    segments: tuple[tuple[int, int], ...]

    @property
    def duration(self) -> Fraction:
        """Seconds."""
        return self.frame_count / self.rate

    @property
    def time_scale(self) -> int:
        """Ticks a second in which one frame is a whole number of them."""
        return self.rate.numerator * -(-1000 // self.rate.numerator)

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"rate": str(self.rate)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Plan:
        """The reverse of to_json."""
        return cls(
            steps=tuple(
                Step(step["name"], tuple((name, value) for name, value in step["options"])) for step in data["steps"]
            ),
            rate=Fraction(data["rate"]),
            frame_count=data["frame_count"],
            first_frame=data["first_frame"],
            source=Size(**data["source"]),
            scale=data["scale"],
            network=Size(**data["network"]),
            output=Size(**data["output"]),
            preset=data["preset"],
            precision=data["precision"],
            segments=tuple((start, end) for start, end in data["segments"]),
        )


def make_plan(
    facts: Facts, recipe: Recipe, scale: int, limits: Limits, *, segment_frames: int = SEGMENT_FRAMES
) -> Plan:
    """Work a recipe out for a source and a network that enlarges ``scale`` times.

    Raises Refused when the recipe asks for something that can't be done with this source.
    """
    if recipe.precision not in PRECISIONS:
        raise Refused(f"There is no precision called {recipe.precision!r}; take one of {', '.join(PRECISIONS)}.")
    start, end = recipe.trim or (0, facts.frames)
    if not 0 <= start < end <= facts.frames:
        raise Refused(f"The range {start}:{end} is not within the clip's {facts.frames} frames (0:{facts.frames}).")
    source = Size(facts.display_width, facts.height)
    network = Size(source.width * scale, source.height * scale)
    output = _output_size(network, recipe.height)
    if max(output.width, output.height, network.width, network.height) > limits.max_output_side:
        raise Refused(
            f"The result would be {max(network.width, output.width)} by {max(network.height, output.height)}, "
            f"more than {limits.max_output_side} a side; choose a network of a smaller scale."
        )
    count = end - start
    return Plan(
        steps=chain(facts, recipe),
        rate=facts.rate,
        frame_count=count,
        first_frame=start,
        source=source,
        scale=scale,
        network=network,
        output=output,
        preset=preset(recipe.preset).name,
        precision=recipe.precision,
        segments=tuple((begin, min(begin + segment_frames, count)) for begin in range(0, count, segment_frames)),
    )


def _output_size(network: Size, height: int | None) -> Size:
    """Even on both sides: H.264 in 4:2:0 has no odd ones."""
    if height is None:
        return Size(network.width + network.width % 2, network.height + network.height % 2)
    if height % 2 or not min(HEIGHTS) // 2 <= height <= max(HEIGHTS):
        raise Refused(
            f"A height of {height} is not possible; take an even one from {min(HEIGHTS) // 2} to {max(HEIGHTS)}."
        )
    return Size(2 * round(Fraction(network.width * height, network.height * 2)), height)
