"""Facts and recipe, worked out. A pure function: the same input gives the same plan, always."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.facts import Facts, Repeats
from upscaler.pipeline.core.filter_step import Step, frames_for_each, split
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.opening import OPENED_PLAINLY, Opening
from upscaler.pipeline.core.presets import preset
from upscaler.pipeline.core.recipe import HEIGHTS, PRECISIONS, SCALES, Recipe
from upscaler.pipeline.prefilters import aspect, chain, constant_rate, deinterlace
from upscaler.pipeline.timing.rate import slots_allowed

SEGMENT_FRAMES = 240
SEGMENT_LENGTHS = (60, 120, 240, 480, 960, 1920)
"""Frames. Few lengths, so that the same clip is cut alike although no two measurements of a machine are."""
SEGMENT_SECONDS = 60.0
"""Of work: what is lost at most when a worker dies, and long beside what the start of a segment costs."""
SHORTEST_SEGMENT = 4
"""Frames. x264 and x265 write other decoding times for fewer frames than they reorder, and what is joined to
such a segment shows them too early: a rest of one to three frames goes into the segment before it."""
DEFLICKER_RADIUS = 2
"""Frames to both sides that the deflicker filter looks at."""
KEEPS_COLOURS = True
"""What "auto" means for the filter that keeps the source's colours."""


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
    """Frames a second of the result."""
    frame_count: int
    first_frame: int
    """Number of the first frame in the untrimmed source at its base rate."""
    start: Fraction
    """Seconds after the container's start at which the first frame is shown."""
    is_trimmed: bool
    source: Size
    """What leaves the decoder: square pixels."""
    scale: int
    network: Size
    """What leaves the network."""
    output: Size
    preset: str
    precision: str
    keep_colours: bool
    """Put the source's low frequencies back behind the network."""
    deflicker: int
    """Frames to both sides that are averaged with a frame where nothing moves; 0 for none."""
    repeats: Repeats
    """Frames of the plan whose output is that of the frame before them."""
    segments: tuple[tuple[int, int], ...]
    opening: Opening = OPENED_PLAINLY
    """How every run of ffmpeg has to open the source."""

    @property
    def per_frame(self) -> int:
        """Frames of the plan for each of the source at its base rate: 2 at field rate."""
        return frames_for_each(self.steps)

    @property
    def network_frames(self) -> int:
        """Frames that are no repeat of the one before them: so many go through the network."""
        return self.frame_count - self.repeats.count

    @property
    def zero(self) -> Fraction:
        """Seconds of the account at which the result's own time begins: with the first frame of a trim; else with the
        file, or with a frame that jitter puts before that."""
        return self.start if self.is_trimmed else min(Fraction(0), self.start)

    @property
    def duration(self) -> Fraction:
        """Seconds."""
        return self.frame_count / self.rate

    @property
    def time_scale(self) -> int:
        """Ticks a second in which one frame is a whole number of them."""
        return self.rate.numerator * -(-1000 // self.rate.numerator)

    def cut(self, segment_frames: int) -> Plan:
        """The same in segments of so many frames."""
        return replace(self, segments=_segments(self.frame_count, segment_frames))

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"rate": str(self.rate), "start": str(self.start)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Plan:
        """The reverse of to_json; plans of older jobs have less in them."""
        steps = ({"numbers": step["name"] in ("fps", "trim")} | step for step in data["steps"])
        return cls(
            steps=tuple(
                Step(**step | {"options": tuple((name, value) for name, value in step["options"])}) for step in steps
            ),
            rate=Fraction(data["rate"]),
            frame_count=data["frame_count"],
            first_frame=data["first_frame"],
            start=Fraction(data.get("start", 0)),
            is_trimmed=data.get("is_trimmed", False),
            source=Size(**data["source"]),
            scale=data["scale"],
            network=Size(**data["network"]),
            output=Size(**data["output"]),
            preset=data["preset"],
            precision=data["precision"],
            keep_colours=data.get("keep_colours", False),
            deflicker=data.get("deflicker", 0),
            repeats=Repeats(**data.get("repeats", {})),
            segments=tuple((start, end) for start, end in data["segments"]),
            opening=Opening(**data.get("opening", {})),
        )


def make_plan(
    facts: Facts, recipe: Recipe, scale: int, limits: Limits, *, segment_frames: int = SEGMENT_FRAMES
) -> Plan:
    """Work a recipe out for a source and a network that enlarges ``scale`` times.

    Raises Refused when the recipe asks for something that can't be done with this source.
    """
    if recipe.precision not in PRECISIONS:
        raise Refused(f"There is no precision called {recipe.precision!r}; take one of {', '.join(PRECISIONS)}.")
    rate, frames = constant_rate.rate(facts, recipe), constant_rate.frames(facts, recipe)
    if frames > max(facts.frames, slots_allowed(facts.decoded_frames)):
        raise Refused(
            f"At {float(rate):g} frames a second the {facts.decoded_frames:,} frames of this video would become "
            f"{frames:,}; choose a lower rate."
        )
    start, end = recipe.trim or (0, frames)
    if not 0 <= start < end <= frames:
        raise Refused(f"The range {start}:{end} is not within the clip's {frames} frames (0:{frames}).")
    source = Size(*aspect.size(facts, recipe))
    network = Size(source.width * scale, source.height * scale)
    output = _output_size(source, network, recipe)
    if max(output.width, output.height, network.width, network.height) > limits.max_output_side:
        raise Refused(
            f"The result would be {max(network.width, output.width)} by {max(network.height, output.height)}, "
            f"more than {limits.max_output_side} a side; choose a network of a smaller scale."
        )
    least = preset(recipe.preset).smallest_side
    if min(output.width, output.height) < least:
        raise Refused(
            f"The result would be {output.width} by {output.height}, and {preset(recipe.preset).label} takes "
            f"no less than {least} a side; choose a larger size or another format."
        )
    steps = chain(facts, recipe)
    per_frame = frames_for_each(split(steps)[1])
    count = (end - start) * per_frame
    keep = recipe.filters.keep_colours
    return Plan(
        steps=steps,
        rate=rate * per_frame,
        frame_count=count,
        first_frame=start,
        start=facts.first_frame_time + start / rate,
        is_trimmed=end - start < frames,
        source=source,
        scale=scale,
        network=network,
        output=output,
        preset=preset(recipe.preset).name,
        precision=recipe.precision,
        keep_colours=KEEPS_COLOURS if keep == "auto" else keep == "on",
        deflicker=DEFLICKER_RADIUS if recipe.filters.deflicker == "on" else 0,
        repeats=_repeats(facts, recipe, start, end),
        segments=_segments(count, segment_frames),
        opening=facts.opening,
    )


def segment_frames(seconds_a_frame: float) -> int:
    """How many frames are about SEGMENT_SECONDS of work."""
    wanted = SEGMENT_SECONDS / max(seconds_a_frame, 1e-6)
    return min(SEGMENT_LENGTHS, key=lambda length: abs(math.log(length / wanted)))


def _segments(count: int, each: int) -> tuple[tuple[int, int], ...]:
    """``count`` frames in ranges of ``each``; the last one may be shorter, or a little longer."""
    bounds = list(range(0, count, each))
    if len(bounds) > 1 and count - bounds[-1] < SHORTEST_SEGMENT:
        bounds.pop()
    return tuple(pairwise((*bounds, count)))


def _repeats(facts: Facts, recipe: Recipe, start: int, end: int) -> Repeats:
    """The repeats in the plan's numbers.

    None where its frames are not the source's one for one: at field rate, or put together from the fields of
    neighbours.
    """
    if recipe.filters.duplicates == "off" or deinterlace.mode(facts, recipe) not in ("off", "frame"):
        return Repeats()
    return constant_rate.repeats(facts, recipe).within(start, end)


def _output_size(source: Size, network: Size, recipe: Recipe) -> Size:
    """Even on both sides: video in 4:2:0 has no odd ones."""
    height = recipe.height
    if recipe.scale is not None:
        if height is not None:
            raise Refused("Say a height or a scale, not both.")
        if not min(SCALES) <= recipe.scale <= max(SCALES):
            raise Refused(
                f"A scale of {float(recipe.scale):g} is not possible; take one from {SCALES[0]} to {SCALES[-1]}."
            )
        if recipe.scale * source.height == network.height:
            return _even(network)
        return _even(Size(round(source.width * recipe.scale), round(source.height * recipe.scale)))
    if height is None:
        height = preset(recipe.preset).height
    if height is None:
        return _even(network)
    if height % 2 or not min(HEIGHTS) // 2 <= height <= max(HEIGHTS):
        raise Refused(
            f"A height of {height} is not possible; take an even one from {min(HEIGHTS) // 2} to {max(HEIGHTS)}."
        )
    return Size(2 * max(1, round(Fraction(network.width * height, network.height * 2))), height)


def _even(size: Size) -> Size:
    return Size(size.width + size.width % 2, size.height + size.height % 2)
