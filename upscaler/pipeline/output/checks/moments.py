"""Check that every moment of the source is at its time in the result, by comparing frames, not by counting."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.core.timeline import Shift
from upscaler.pipeline.measure.frame_headers import FrameHeader, FrameHeaders
from upscaler.pipeline.output.output_timing import Shown
from upscaler.pipeline.planning.plan import Plan
from upscaler.pipeline.prefilters import uniform_format
from upscaler.pipeline.programs import ffmpeg
from upscaler.pipeline.source.packets import read_packets
from upscaler.pipeline.timing.clock_runs import NO_STAMP, Run, Stamps, find_runs, median_step, without_slips
from upscaler.pipeline.timing.source_clock import shift_per_frame

WIDTH, HEIGHT = 32, 24
"""Pixels of a thumbnail: coarse enough to ignore upscaling, fine enough to tell consecutive frames apart."""
MOMENTS = 48
ROUNDING_SECONDS = 0.002
"""Seconds for the rounding of containers."""
SEARCH_SECONDS = 0.75
"""Seconds before and after its expected time in which a moment is searched for in the result."""
MATCH_TOLERANCE = 0.6
"""Of 255: tolerance by which a frame may differ more than the best match and still count as a match."""
BRIGHTNESS_WEIGHT = 0.05
"""Weight of a difference of the mean, which deflickering and networks change."""
MAX_DIFFERENCE = 50.0
"""Of 255: difference from which on frames are unrelated."""

Thumbnail = NDArray[np.uint8]
"""(HEIGHT, WIDTH, 3), RGB."""


@dataclass(frozen=True)
class Watched:
    """A file decoded to its end."""

    stamps: Stamps
    """Presentation times of the frames, in ticks."""
    time_base: Fraction
    """Seconds per tick."""
    headers: tuple[tuple[int, FrameHeader], ...]
    thumbnails: dict[int, Thumbnail]
    """Thumbnails of the requested frames, by their numbers."""
    complaints: int

    @property
    def shown(self) -> Shown:
        return Shown(self.time_base, tuple(int(stamp) for stamp in self.stamps), self.complaints)

    def find_runs(self) -> list[Run]:
        """Return the runs of its clock."""
        return find_runs(self.stamps, np.full(len(self.stamps), median_step(self.stamps), np.int64), self.time_base)

    def times(self, shifts: Sequence[Shift]) -> NDArray[np.float64]:
        """Return every frame's time in seconds of the account; NaN for a frame without a timestamp."""
        times: NDArray[np.float64] = self.stamps.astype(np.float64) * float(self.time_base)
        times += shift_per_frame(shifts, len(times))
        times[self.stamps == NO_STAMP] = np.nan
        return times


def watch(pictures: ffmpeg.Stream, numbers: Sequence[int], limits: Limits, *, is_strict: bool) -> Watched:
    """Decode everything, and keep thumbnails of the frames ``numbers``, in rising order.

    Raises PipelineError where ``is_strict`` and the decoder fails.
    """
    headers = FrameHeaders()
    output = ffmpeg.write(pictures, to="pipe:", format="rawvideo", fps_mode="passthrough", enc_time_base=-1)
    kept: dict[int, Thumbnail] = {}
    selected = set(numbers)
    buffer = bytearray(WIDTH * HEIGHT * 3)
    number = 0
    with ffmpeg.reading(output, limits=limits, label="The check's decoder", on_line=headers) as process:
        while process.read_into(memoryview(buffer)) == len(buffer):
            if number in selected:
                kept[number] = np.frombuffer(bytes(buffer), np.uint8).reshape(HEIGHT, WIDTH, 3)
            number += 1
        if is_strict:
            process.finish()
        else:
            process.wait()
        complaints = process.error_lines
    headers.finish()
    stamps = np.array(headers.stamps[:number] or array("q"), np.int64)
    if not is_strict and len(stamps):
        stamps = without_slips(stamps, median_step(stamps), headers.time_base)
    return Watched(stamps, headers.time_base, tuple(headers.changes), kept, complaints)


def source_pictures(
    source: Path, facts: Facts, plan: Plan, limits: Limits, *, by_header: bool = False
) -> ffmpeg.Stream:
    """Return the input of ``watch`` for a source: its decoded frames, with only the plan's cropping.

    In the plan's colours, or with ``by_header`` in the colours and the shape of each frame's own header.
    """
    opened = ffmpeg.source(source, limits, plan.opening)[plan.opening.pictures].filter("showinfo", checksum=0)
    cuts = [step for step in plan.steps if step.name == "crop"]
    if by_header:
        opened = ffmpeg.apply_steps(opened, uniform_format.steps(facts, Recipe()))
    elif cuts:
        opened = opened.filter("scale", facts.width, facts.height)
    if cuts:
        opened = ffmpeg.apply_steps(opened.filter("format", "yuv444p"), cuts)
    colour = next((step for step in reversed(plan.steps) if step.name == "scale"), None)
    colour_options = {name: value for name, value in colour.options if name.startswith("in_")} if colour else {}
    return _small(opened, colour_options)


def result_pictures(result: Path) -> ffmpeg.Stream:
    """Return the input of ``watch`` for a finished file, in its own tagged colours."""
    opened = ffmpeg.result_file(result)[ffmpeg.PICTURES].filter("showinfo", checksum=0)
    return _small(opened, {})


def _small(pictures: ffmpeg.Stream, colour: dict[str, str | int]) -> ffmpeg.Stream:
    small = pictures.filter("scale", WIDTH, HEIGHT, flags="area+accurate_rnd", **colour)
    return small.filter("format", "rgb24")


def moments(source: Path, facts: Facts, plan: Plan, limits: Limits) -> list[int]:
    """Return the numbers of the decoded frames to search for: the plan's first and last, many between, and both sides
    of each seam. Half of them are evenly spaced in time, by the packets' timestamps, and half by frame number."""
    first, end = _frame_range(facts, plan)
    spread = {round(first + (end - 1 - first) * at / (MOMENTS - 1)) for at in range(MOMENTS)}
    if not facts.seams:
        packets = read_packets(source, plan.opening, plan.opening.pictures, limits)
        times = np.sort(np.array(packets.begins, np.float64) * float(packets.time_base))
        moment_times = float(plan.start) + float(plan.duration) * np.arange(MOMENTS) / (MOMENTS - 1)
        at = np.searchsorted(times, moment_times + ROUNDING_SECONDS, "right") - 1
        inside = at[(at >= 0) & (at < facts.decoded_frames)]
        if len(inside):
            among = np.linspace(inside[0], inside[-1], MOMENTS // 2)
            spread = {int(number) for number in (*inside[::2], inside[-1], *np.round(among))}
    seams = {piece.frame + side for piece in facts.pieces[1:40] for side in (-1, 0)}
    return sorted(number for number in spread | seams if 0 <= number < facts.decoded_frames)


def _frame_range(facts: Facts, plan: Plan) -> tuple[float, float]:
    """Return the range of decoded frames that the plan shows, as if they were evenly spaced."""
    share = facts.decoded_frames / float(facts.duration)
    start = float(plan.start - facts.first_frame_time) * share
    return start, start + float(plan.duration) * share


def around(times: Sequence[float], rate: Fraction, frames: int) -> list[int]:
    """Return the numbers of the result's frames within SEARCH_SECONDS of these times, counted from its first frame."""
    numbers: set[int] = set()
    for time in times:
        first, last = (time - SEARCH_SECONDS) * float(rate), (time + SEARCH_SECONDS) * float(rate)
        numbers.update(range(max(0, int(first)), min(frames, int(last) + 2)))
    return sorted(numbers)


@dataclass(frozen=True)
class Match:
    """The best match of a moment in the result."""

    late: float
    """Seconds after the expected time."""
    unlike: float
    """Difference of the thumbnails, of 255."""
    picture: Thumbnail


def find(moment: Thumbnail, time: float, result: Watched, begins: NDArray[np.float64]) -> Match | None:
    """Find a moment within SEARCH_SECONDS of its time; None where there are no frames.

    ``begins`` is when each of the result's frames is shown, in seconds after its first one.
    """
    first, end = np.searchsorted(begins, (time - SEARCH_SECONDS, time + SEARCH_SECONDS))
    near = np.array([number for number in range(int(first), int(end)) if number in result.thumbnails], np.int64)
    if not len(near):
        return None
    unlike = np.array([_unlike(result.thumbnails[int(number)], moment) for number in near])
    alike = near[unlike <= unlike.min() + MATCH_TOLERANCE]
    late = begins[alike] - time
    nearest = int(np.abs(late).argmin())
    return Match(float(late[nearest]), float(unlike.min()), result.thumbnails[int(alike[nearest])])


def shows(
    number: int, match: Match, moments: Mapping[int, Thumbnail], times: NDArray[np.float64], tolerance: float
) -> bool:
    """Tell whether a match is the moment ``number``, not another one more than ``tolerance`` seconds away."""
    if match.unlike > MAX_DIFFERENCE:
        return False
    others = (moment for other, moment in moments.items() if abs(times[other] - times[number]) > tolerance)
    return all(_unlike(match.picture, moment) > match.unlike - 2 * MATCH_TOLERANCE for moment in others)


def _unlike(one: Thumbnail, other: Thumbnail) -> float:
    """Return the difference of two thumbnails, of 255; overall brightness counts little."""
    differs = one.astype(np.float32) - other
    brighter = differs.mean((0, 1))
    return float(np.abs(differs - brighter).mean() + BRIGHTNESS_WEIGHT * np.abs(brighter).mean())
