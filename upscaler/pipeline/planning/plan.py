"""Make a plan from facts and a recipe. A pure function: equal inputs give equal plans."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.filter_step import Step, frames_for_each, split
from upscaler.pipeline.core.input_options import DEFAULT_INPUT, InputOptions
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.presets import preset
from upscaler.pipeline.core.recipe import HEIGHTS, PRECISIONS, SCALES, Recipe
from upscaler.pipeline.core.repeats import Repeats
from upscaler.pipeline.prefilters import aspect, chain, constant_rate, deinterlace
from upscaler.pipeline.timing.frame_rate import max_slots

SEGMENT_FRAMES = 240
SEGMENT_LENGTHS = (60, 120, 240, 480, 960, 1920)
"""Frames. Few lengths, so that a clip is cut equally although measurements of speed vary."""
SEGMENT_SECONDS = 60.0
"""Seconds of work per segment: the most that a worker's death loses, and long against a segment's start."""
MIN_SEGMENT_FRAMES = 4
"""Frames. x264 and x265 write other decoding times for fewer frames than they reorder, and frames
after such a segment would be shown too early: a rest of one to three frames goes into the segment before it."""
DEFLICKER_RADIUS = 2
"""Frames on each side that the deflicker filter averages."""
DEFAULT_KEEP_COLOURS = True
"""The value of "auto" for the filter that keeps the source's colours."""


@dataclass(frozen=True)
class Size:
    width: int
    height: int


@dataclass(frozen=True)
class Plan:
    """The immutable input of rendering.

    ``frame_count`` frames leave the decoder and as many leave the encoder. A segment is a half-open
    range of their numbers.
    """

    steps: tuple[Step, ...]
    rate: Fraction
    """Frames per second of the result."""
    frame_count: int
    first_frame: int
    """Number of the first frame in the untrimmed source at its base rate."""
    start: Fraction
    """Seconds after the container's start at which the first frame is shown."""
    is_trimmed: bool
    source: Size
    """Size after the filters, in square pixels."""
    scale: int
    network: Size
    """Size after the network."""
    output: Size
    preset: str
    precision: str
    keep_colours: bool
    """Restore the source's low frequencies after the network."""
    deflicker: int
    """Frames on each side to average where nothing moves; 0 for none."""
    repeats: Repeats
    """Frames that reuse the output of the frame before them."""
    segments: tuple[tuple[int, int], ...]
    opening: InputOptions = DEFAULT_INPUT
    """Input options for every run of ffmpeg on the source."""

    @property
    def per_frame(self) -> int:
        """Frames of the plan per source frame at its base rate: 2 at field rate."""
        return frames_for_each(self.steps)

    @property
    def network_frames(self) -> int:
        """Number of frames that go through the network: all but repeats."""
        return self.frame_count - self.repeats.count

    @property
    def zero(self) -> Fraction:
        """Seconds of the timeline at which the result begins: the first frame of a trim, else that of the file or of
        an earlier frame."""
        return self.start if self.is_trimmed else min(Fraction(0), self.start)

    @property
    def duration(self) -> Fraction:
        """Seconds."""
        return self.frame_count / self.rate

    @property
    def time_scale(self) -> int:
        """Ticks per second such that a frame lasts a whole number of them."""
        return self.rate.numerator * -(-1000 // self.rate.numerator)

    def cut(self, segment_frames: int) -> Plan:
        """Return the plan with segments of so many frames."""
        return replace(self, segments=_segments(self.frame_count, segment_frames))

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"rate": str(self.rate), "start": str(self.start)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Plan:
        """Reverse to_json. Plans of older jobs lack some keys."""
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
            opening=InputOptions(**data.get("opening", {})),
        )


def make_plan(
    facts: Facts, recipe: Recipe, scale: int, limits: Limits, *, segment_frames: int = SEGMENT_FRAMES
) -> Plan:
    """Return the plan of a recipe for a source and a network with that scale.

    Raises Refused when the recipe doesn't fit the source.
    """
    if recipe.precision not in PRECISIONS:
        raise Refused(f"There is no precision called {recipe.precision!r}. Choose one of {', '.join(PRECISIONS)}.")
    rate, frames = constant_rate.rate(facts, recipe), constant_rate.frames(facts, recipe)
    if frames > max(facts.frames, max_slots(facts.decoded_frames)):
        raise Refused(
            f"At {float(rate):g} frames per second, the {facts.decoded_frames:,} frames of this video would become "
            f"{frames:,}. Choose a lower rate."
        )
    start, end = recipe.trim or (0, frames)
    if not 0 <= start < end <= frames:
        raise Refused(f"The range {start}:{end} isn't within the video's {frames} frames (0:{frames}).")
    source = Size(*aspect.size(facts, recipe))
    network = Size(source.width * scale, source.height * scale)
    output = _output_size(source, network, recipe)
    if max(output.width, output.height, network.width, network.height) > limits.max_output_side:
        raise Refused(
            f"The result would be {max(network.width, output.width)}x{max(network.height, output.height)}; this "
            f"server's limit is {limits.max_output_side} pixels per side. Choose a model with a smaller scale."
        )
    least = preset(recipe.preset).smallest_side
    if min(output.width, output.height) < least:
        raise Refused(
            f"The result would be {output.width}x{output.height}, and {preset(recipe.preset).label} needs "
            f"at least {least} pixels per side. Choose a larger size or another format."
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
        keep_colours=DEFAULT_KEEP_COLOURS if keep == "auto" else keep == "on",
        deflicker=DEFLICKER_RADIUS if recipe.filters.deflicker == "on" else 0,
        repeats=_repeats(facts, recipe, start, end),
        segments=_segments(count, segment_frames),
        opening=facts.opening,
    )


def segment_frames(seconds_a_frame: float) -> int:
    """Return how many frames take about SEGMENT_SECONDS."""
    target = SEGMENT_SECONDS / max(seconds_a_frame, 1e-6)
    return min(SEGMENT_LENGTHS, key=lambda length: abs(math.log(length / target)))


def _segments(count: int, each: int) -> tuple[tuple[int, int], ...]:
    """Divide ``count`` frames into ranges of ``each``; the last may be shorter, or slightly longer."""
    bounds = list(range(0, count, each))
    if len(bounds) > 1 and count - bounds[-1] < MIN_SEGMENT_FRAMES:
        bounds.pop()
    return tuple(pairwise((*bounds, count)))


def _repeats(facts: Facts, recipe: Recipe, start: int, end: int) -> Repeats:
    """Return the repeats by the plan's frame numbers.

    None where its frames don't match the source's one for one: at field rate, or with matched fields.
    """
    if recipe.filters.duplicates == "off" or deinterlace.mode(facts, recipe) not in ("off", "frame"):
        return Repeats()
    return constant_rate.repeats(facts, recipe).within(start, end)


def _output_size(source: Size, network: Size, recipe: Recipe) -> Size:
    """Return the output size, which is even, since 4:2:0 requires it."""
    height = recipe.height
    if recipe.scale is not None:
        if height is not None:
            raise Refused("Set a height or a scale, not both.")
        if not min(SCALES) <= recipe.scale <= max(SCALES):
            raise Refused(
                f"A scale of {float(recipe.scale):g} isn't possible. Choose one from {SCALES[0]} to {SCALES[-1]}."
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
            f"A height of {height} isn't possible. Choose an even number from {min(HEIGHTS) // 2} to {max(HEIGHTS)}."
        )
    return Size(2 * max(1, round(Fraction(network.width * height, network.height * 2))), height)


def _even(size: Size) -> Size:
    return Size(size.width + size.width % 2, size.height + size.height % 2)
