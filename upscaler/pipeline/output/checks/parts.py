"""Check that parts of a source with changed headers keep their own shape and colours in the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from upscaler.pipeline.core.facts import Facts, Header
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.planning.plan import Plan
from upscaler.pipeline.prefilters import uniform_format
from upscaler.pipeline.source.colour_tags import matrix_of
from upscaler.wording.durations import clock_with_tenths

from .check import Check
from .moments import Thumbnail, Watched, source_pictures, watch

MIN_SECONDS = 0.2
COLOUR_TOLERANCE = 8.0
"""Of 255: tolerance of a part's mean colour error, relative to the first part's."""
SHAPE_TOLERANCE = 1.0
"""Of 255: tolerance by which a part may match its stretched shape better than its own."""


@dataclass(frozen=True)
class ByHeader:
    """A source whose frame headers change."""

    headers: tuple[Header, ...]
    """Headers of the lasting parts; ``frame`` is the number of the first decoded frame."""
    says_colours: bool
    """True if the parts have different colours, all of them tagged."""
    right: Watched
    """The frames with the shape and colours of their own headers."""


def by_header(
    source: Path,
    facts: Facts,
    plan: Plan,
    film: Watched,
    inside: Sequence[int],
    times: NDArray[np.float64],
    limits: Limits,
) -> ByHeader | None:
    """Decode the source again with each frame's own header; None where no header changes.

    ``inside`` are the frames of ``film`` to compare, ``times`` their expected times, in seconds of the result.
    """
    own = replace(facts, headers=_lasting(film, times, facts))
    says_colours = uniform_format.changes_colour(own) and (
        uniform_format.converts_colour(own) or not uniform_format.has_untagged_part(own)
    )
    if not says_colours and not uniform_format.changes_shape(own):
        return None
    right = watch(source_pictures(source, own, plan, limits, by_header=True), inside, limits, is_strict=False)
    return ByHeader(own.headers, says_colours, right)


def part_checks(
    parts: ByHeader,
    film: Watched,
    inside: Sequence[int],
    times: NDArray[np.float64],
    made: Watched,
    begins: NDArray[np.float64],
) -> list[Check]:
    """Return a check for each part after the first that has another shape or other colours."""
    headers, right = parts.headers, parts.right
    bounds = [header.frame for header in headers] + [len(film.stamps)]
    off: list[NDArray[np.float64]] = []
    lines = []
    for header, first, end in zip(headers, bounds, bounds[1:], strict=False):
        numbers = [number for number in inside if first <= number < end and number in right.thumbnails]
        pairs = [(number, _shown_at(float(times[number]), made, begins)) for number in numbers]
        seen = [
            (right.thumbnails[number], film.thumbnails[number], there) for number, there in pairs if there is not None
        ]
        if not seen:
            continue
        colour = np.mean([there.mean((0, 1)) - true.mean((0, 1)) for true, _, there in seen], axis=0)
        off.append(colour)
        name = f"from {clock_with_tenths(Fraction(max(0.0, float(times[first]))))} on"
        if (
            len(off) > 1
            and parts.says_colours
            and (header.matrix, header.full_range) != (headers[0].matrix, headers[0].full_range)
        ):
            worst = float(np.abs(colour - off[0]).max())
            lines.append(
                Check(
                    f"colours {name}",
                    f"within {COLOUR_TOLERANCE:.0f} of 255",
                    f"{worst:.0f} off",
                    worst <= COLOUR_TOLERANCE,
                )
            )
        if len(off) > 1 and header.shape != headers[0].shape:
            lines.append(_shape(f"shape {name}", seen))
    return lines


def _shape(name: str, seen: Sequence[tuple[Thumbnail, Thumbnail, Thumbnail]]) -> Check:
    own, stretched = (np.mean([_unlike(sample[at], sample[2]) for sample in seen]) for at in (0, 1))
    is_own = own <= stretched + SHAPE_TOLERANCE
    return Check(name, "its own", "its own" if is_own else "that of the previous part", bool(is_own))


def _unlike(one: Thumbnail, other: Thumbnail) -> float:
    return float(np.abs(one.astype(np.int16) - other).mean())


def _shown_at(time: float, made: Watched, begins: NDArray[np.float64]) -> Thumbnail | None:
    """Return the result's thumbnail at a time, in seconds after its first frame."""
    number = int(np.searchsorted(begins, time + 0.002, "right")) - 1
    return made.thumbnails.get(max(0, number))


def _lasting(film: Watched, times: NDArray[np.float64], facts: Facts) -> tuple[Header, ...]:
    """Return the headers of the lasting parts; ``frame`` is the number of the first decoded frame."""
    ends = [first for first, _ in film.headers[1:]] + [len(film.stamps)]
    headers: list[Header] = []
    for (first, frame_header), end in zip(film.headers, ends, strict=True):
        header = Header(
            first,
            frame_header.width,
            frame_header.height,
            frame_header.sar,
            matrix_of(frame_header.color_space),
            frame_header.color_range == "pc",
        )
        seconds = (end - first) / float(facts.rate) if np.isnan(times[first]) else float(times[end - 1] - times[first])
        if seconds >= MIN_SECONDS and (not headers or replace(header, frame=headers[-1].frame) != headers[-1]):
            headers.append(header)
    return tuple(headers)
